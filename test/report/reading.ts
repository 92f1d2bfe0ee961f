// Reads our Markdown as GitHub does, as far as it matters who gets out of what.
import { expect } from 'vitest';

const OWN_LINK =
  /\[(?:run|run it again)\]\(https:\/\/github\.com\/acme\/customers\/actions\/runs\/[\d/a-z]+\)/g;

/** What stands neither in a fence nor in code, without our own HTML and the link to the run; escaped signs are gone. */
export function outside(markdown: string): string {
  const { prose, isOpen } = unfenced(markdown);
  expect(isOpen, 'a fence is never closed').toBe(false);
  const lines = prose.replace(OWN_LINK, '').split('\n');
  let depth = 0;
  const rest = lines.map((line) => {
    // A block of HTML: Markdown is not read in it.
    const [, title] = /^<details><summary>(.*)<\/summary>$/.exec(line) ?? [];
    if (title !== undefined) depth += 1;
    if (line === '</details>') depth -= 1;
    if (title !== undefined || line === '</details>')
      return (title ?? '').replace(/<code>[^<>]*<\/code>/g, ' ');
    return uncoded(line).replace(/^<sub>(.*)<\/sub>$/, '$1');
  });
  expect(depth, 'details that are open').toBe(0);
  return rest
    .join('\n')
    .replaceAll(/&(?:amp|lt|gt);/g, ' ')
    .replaceAll(/(?<=^|\s)>(?= |$)/gm, ' ');
}

function unfenced(markdown: string): { prose: string; isOpen: boolean } {
  let fence: string | null = null;
  const prose: string[] = [];
  for (const line of markdown.split(/\r\n?|\n/)) {
    if (fence !== null) {
      const closes = /^ {0,3}(`{3,})\s*$/.exec(line)?.[1];
      if (closes !== undefined && closes.length >= fence.length) fence = null;
      continue;
    }
    const opens = /^ {0,3}(`{3,})[^`]*$/.exec(line)?.[1];
    if (opens === undefined) prose.push(line);
    else fence = opens;
  }
  return { prose: prose.join('\n'), isOpen: fence !== null };
}

/** No span of ours goes over a line end. */
function uncoded(line: string): string {
  let rest = '';
  for (let at = 0; at < line.length; ) {
    const [run = ''] = /^`+/.exec(line.slice(at)) ?? [];
    if (line[at] === '\\' && /[!-/:-@[-`{-~]/.test(line[at + 1] ?? '')) {
      at += 2;
      // The sign is there, as itself.
      rest += ' ';
    } else if (run === '') {
      rest += line[at++];
    } else {
      const close = [...line.slice(at + run.length).matchAll(/`+/g)].find(
        ([other]) => other.length === run.length,
      );
      expect(close, `a code span is not closed: ${line}`).toBeDefined();
      at += 2 * run.length + (close?.index ?? 0);
      rest += ' ';
    }
  }
  return rest;
}

/** Cells of the rows of every table. */
export function tableRows(markdown: string): string[][] {
  return unfenced(markdown)
    .prose.split('\n')
    .filter((line) => line.startsWith('| ') && line.endsWith(' |'))
    .map((line) => line.slice(2, -2).split(/(?<!\\) \| |(?<!\\)\|/));
}
