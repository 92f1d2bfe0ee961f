// What a view costs every insert into the data source that it reads, as `npm run bench` measures it: the one number that plans and README quote.

/** Rows of the inserts that were measured. */
export const INSERT_ROWS = 1_000;
/** Milliseconds for each view that an insert runs and that takes none of its rows. */
export const INSERT_MS_PER_VIEW = 1.7;
