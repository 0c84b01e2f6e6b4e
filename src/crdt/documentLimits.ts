/**
 * The bounds of an update. They are part of the protocol, not of a version of the app: two devices
 * that disagree here accept different updates and never show the same document again.
 */
export const DOCUMENT_LIMITS = {
  /** Fits one entry in the largest padding bucket. */
  updateBytes: 48 * 1024,
  structs: 2_048,
  /** Clock units (characters, elements, tombstones) that one update may add. */
  updateLength: 65_536,
  /** Yjs keeps clocks in doubles but tests some of them as 32-bit integers. */
  clock: 2 ** 31,
  deleteRanges: 4_096,
  /** Generous: a flooded item must stay deletable in few updates. */
  deletedLength: 2 ** 20,
  /** Types within types; Yjs deletes them recursively. */
  depth: 8,
  keyLength: 64,
  scalarsPerStruct: 1_024,
  scalarLength: 1_024,
  /** Clock units that integration may have to walk over, summed over the structs of an update. */
  walk: 1_000_000,
  /** Bytes that one device may add to one document, over all its sessions, with what is charged beside. */
  deviceCharge: 4 * 1024 * 1024,
  /** Walks cost everybody time: so many clock units are charged like one byte. */
  walkPerByte: 64,
  /** An update costs everybody at least this, however short: it is 32,768 updates per device. */
  leastCharge: 128,
  deviceIdBytes: 16,
  sessionBytes: 16,
  documentIdLength: 128,
} as const;
