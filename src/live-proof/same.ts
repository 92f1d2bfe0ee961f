// What a comparison of two answers needs to know: their JSON, and which SQL may say two things of the same rows.
/** Null for what is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const WORDS = 'LIMIT|OFFSET|FETCH|SAMPLE|OVER|ANY|ASOF|DISTINCT\\s+ON';
const CALLS =
  'any|first_value|last_value|group_?(?:Array|UniqArray|Concat)|array_agg|arg_?(?:Min|Max)|top\\w*K|approx_top|quantile|median|histogram|deltaSum|exponential|sequence|windowFunnel|running|neighbor|row_?number|rand|generate\\w*UUID|now64|host_?name';
const LOOSE = new RegExp(`\\b(?:${WORDS})\\b|\\b(?:${CALLS})\\w*(?=\\s*\\()`, 'i');

/** The word that lets an answer depend on the order in which rows are read; null when there is none. */
export const looseIn = (sql: string): string | null => LOOSE.exec(sql)?.[0] ?? null;
