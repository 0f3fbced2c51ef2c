/** Of saved profiles (docs/formats.md); raised when a reader of the older version would misread the newer. */
export const FORMAT_VERSION = 1;
