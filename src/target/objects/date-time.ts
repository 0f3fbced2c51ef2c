import type { ObjectReader } from './object-reader.js';

/**
 * An object of Python's `datetime` as `repr` writes it from 3.7 on; nothing for other types.
 *
 * @param type "datetime.date" and so on
 * @param write writes the object that is a time zone, or part of one
 */
export function dateTimeText(
  reader: ObjectReader,
  type: string,
  address: bigint,
  write: WriteObject,
): string | undefined {
  switch (type) {
    case 'datetime.date':
      return dateText(reader, address);
    case 'datetime.time':
      return timeText(reader, address, write);
    case 'datetime.datetime':
      return dateAndTimeText(reader, address, write);
    case 'datetime.timedelta':
      return deltaText(reader, address);
    case 'datetime.timezone':
      return zoneText(reader, address, write);
    default:
      return undefined;
  }
}

type WriteObject = (address: bigint) => string;

// The packed bytes are as the macros PyDateTime_GET_YEAR and so on in Include/datetime.h take them apart.

function dateText({ memory, fields }: ObjectReader, address: bigint): string | undefined {
  const bytes = memory.view(address + BigInt(fields.dateTime.date), 4);
  return bytes && `datetime.date(${bytes.getUint16(0)}, ${bytes.getUint8(2)}, ${bytes.getUint8(3)})`;
}

function timeText({ memory, fields }: ObjectReader, address: bigint, write: WriteObject): string | undefined {
  const bytes = memory.view(address + BigInt(fields.dateTime.time), 6);
  const has = memory.bytes(address + BigInt(fields.dateTime.timeHasZone), 1)?.[0];
  if (bytes === undefined) return undefined;
  const parts = [
    ...clock(bytes, 0),
    ...zoned(memory.pointer(address + BigInt(fields.dateTime.timeZone)), has, write),
  ];
  return `datetime.time(${parts.join(', ')})`;
}

function dateAndTimeText(
  { memory, fields }: ObjectReader,
  address: bigint,
  write: WriteObject,
): string | undefined {
  const bytes = memory.view(address + BigInt(fields.dateTime.dateTime), 10);
  const has = memory.bytes(address + BigInt(fields.dateTime.dateTimeHasZone), 1)?.[0];
  if (bytes === undefined) return undefined;
  const parts = [
    ...[bytes.getUint16(0), bytes.getUint8(2), bytes.getUint8(3)].map(String),
    ...clock(bytes, 4),
    ...zoned(memory.pointer(address + BigInt(fields.dateTime.dateTimeZone)), has, write),
  ];
  return `datetime.datetime(${parts.join(', ')})`;
}

/** Hour and minute, then seconds and microseconds as far as they are not zero. */
function clock(bytes: DataView, at: number): readonly string[] {
  const microseconds = (bytes.getUint8(at + 3) << 16) | bytes.getUint16(at + 4);
  const parts = [bytes.getUint8(at), bytes.getUint8(at + 1), bytes.getUint8(at + 2), microseconds];
  const count = microseconds !== 0 ? 4 : parts[2] !== 0 ? 3 : 2;
  return parts.slice(0, count).map(String);
}

/** The `tzinfo` field is there only when the flag is set. */
function zoned(pointer: bigint | undefined, has: number | undefined, write: WriteObject): readonly string[] {
  return has === 1 && pointer !== undefined ? [`tzinfo=${write(pointer)}`] : [];
}

function deltaText({ memory, fields }: ObjectReader, address: bigint): string | undefined {
  const { days, seconds, microseconds } = fields.dateTime;
  const part = (name: string, offset: number): readonly string[] => {
    const value = memory.int32(address + BigInt(offset)) ?? 0;
    return value === 0 ? [] : [`${name}=${value}`];
  };
  const parts = [...part('days', days), ...part('seconds', seconds), ...part('microseconds', microseconds)];
  return `datetime.timedelta(${parts.join(', ') || '0'})`;
}

/** PyDateTime_TimeZone in Modules/_datetimemodule.c: offset and name, which may be NULL, behind the object's head. */
function zoneText({ memory, fields }: ObjectReader, address: bigint, write: WriteObject): string | undefined {
  const [offset, name] = memory.pointers(address + BigInt(fields.objectSize), 2) ?? [];
  if (offset === undefined || name === undefined) return undefined;
  const text = write(offset);
  if (name !== 0n) return `datetime.timezone(${text}, ${write(name)})`;
  return text === 'datetime.timedelta(0)' ? 'datetime.timezone.utc' : `datetime.timezone(${text})`;
}
