// Imported first by everything that people start, so that an old Node ends with a sentence, not with a stack.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 17)) {
  console.error(
    `heavyops needs Node 20.17 or later; this is ${process.version}. See https://nodejs.org/en/download`,
  );
  process.exit(1);
}
