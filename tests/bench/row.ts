/**
 * What a row of the table is. A row measures one thing, against its peer in the same run where the peer can be
 * had here, and throws when what it wants to measure did not happen.
 */
export interface Row {
  /** As in `npm run bench -- <name>`. */
  readonly name: string;
  readonly title: string;
  run(context: RowContext): Promise<readonly Figure[]>;
}

export interface RowContext {
  /** An empty folder of this row on the disk of the checkout; removed afterwards. */
  readonly folder: string;
  /** Ends, in reverse order, when the row is over, however it is over. */
  readonly defer: (end: () => unknown) => void;
  /** A line for whoever watches. */
  readonly say: (text: string) => void;
}

export interface Figure {
  readonly what: string;
  /** With unit and spread. */
  readonly ours: string;
  /** Measured in this run, beside us. */
  readonly peer?: string;
  /** Measured elsewhere, on another machine: to be named, never to be divided by. */
  readonly quoted?: string;
  readonly ratio?: string;
  readonly target?: string;
  /** Absent: there is nothing here to judge by. */
  readonly isMet?: boolean;
  /** How it was measured, where the words before do not say it all. */
  readonly note?: string;
}

/** For everything a measurement takes for granted: a figure of something else is worse than none. */
export function insist(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`not measured: ${what}`);
}
