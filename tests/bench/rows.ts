/** Every row, in the order of the table: the relay, the device's arithmetic, the app. */
import type { Row } from './row';
import { ackRow } from './rows/ack';
import { appendRow } from './rows/append';
import { catchUpRow } from './rows/catchUp';
import { coldStartRow } from './rows/coldStart';
import { deliverRow } from './rows/deliver';
import { fanOutRow } from './rows/fanOut';
import { groupsRow } from './rows/groups';
import { memoryRow } from './rows/memory';
import { openLongRow } from './rows/openLong';
import { sealRow } from './rows/seal';
import { searchRow } from './rows/search';
import { setUpRow } from './rows/setUp';
import { sizeRow } from './rows/size';
import { startRow } from './rows/start';
import { storedRow } from './rows/stored';
import { typingRow } from './rows/typing';

/** Those of one town stand together, from the fewest entries to the most. */
export const ROWS: readonly Row[] = [
  appendRow,
  ackRow,
  fanOutRow,
  memoryRow,
  startRow,
  sealRow,
  storedRow,
  groupsRow,
  deliverRow,
  coldStartRow,
  searchRow,
  catchUpRow,
  typingRow,
  openLongRow,
  sizeRow,
  setUpRow,
];
