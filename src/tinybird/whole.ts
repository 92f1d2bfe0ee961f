// A whole number in an answer: a server may quote integers of 64 bits.
import * as z from 'zod';

export const whole = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]);
