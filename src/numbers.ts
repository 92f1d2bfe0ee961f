// Numbers as people read them.

/** `12,345`. Not by `toLocaleString`, whose first call in a process loads ICU for 30 ms. */
export const grouped = (n: number): string => String(n).replace(/\B(?=(?:\d{3})+$)/g, ',');

/** `1 tenant`, `12,345 tenants`. */
export const plural = (n: number, noun: string): string => `${grouped(n)} ${noun}${n === 1 ? '' : 's'}`;
