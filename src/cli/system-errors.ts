import { errnoOf } from '../lib/file-system.js';

/** Why the system refused something, in words; else its own message. */
export function reasonOf(cause: unknown): string {
  return reasons[errnoOf(cause)] ?? (cause instanceof Error ? cause.message : String(cause));
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EADDRINUSE: 'another program listens on it',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than allowed',
  EISDIR: 'it is a directory',
  ELOOP: 'it is a link that leads in a circle',
  ENAMETOOLONG: 'its name is too long',
  ENOENT: 'its directory does not exist',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is not a directory',
  ENXIO: 'nothing can be written there',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  ETXTBSY: 'it is a program that runs',
};
