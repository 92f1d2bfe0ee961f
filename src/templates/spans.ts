// Verbatim spans of a template (what Tinybird evaluates) travel through Handlebars hidden behind control characters.

// A span keeps its length, so that lines and columns stay true. Sources hold no control characters, so nothing else looks
// like this, and no value can.
export const SPAN_START = '\u0001';
export const SPAN_END = '\u0002';
const LEFT = '\u0003';
const RIGHT = '\u0004';
/** Stands for a backslash that is not part of the output. */
export const DROPPED = '\u0005';

const SHOWN: Readonly<Record<string, string>> = {
  [SPAN_START]: '{',
  [SPAN_END]: '}',
  [LEFT]: '{',
  [RIGHT]: '}',
  [DROPPED]: '',
};
const MARKS = new RegExp(`[${Object.keys(SHOWN).join('')}]`, 'g');
const STRAY_OPENER = new RegExp(`\\{[{%#${SPAN_START}]`);

/** `span` with its braces, e.g. `{{String(x)}}`. */
export const hide = (span: string): string =>
  SPAN_START + span.slice(1, -1).replaceAll('{', LEFT).replaceAll('}', RIGHT) + SPAN_END;

export const restore = (text: string): string =>
  text.includes(SPAN_START) ? text.replace(MARKS, (mark) => SHOWN[mark] ?? '') : text;

/** Whether a text has an opener that is no hidden span's, e.g. made of a value and a brace of the template beside it. */
export const hasStrayOpener = (text: string): boolean => text.includes('{') && STRAY_OPENER.test(text);
