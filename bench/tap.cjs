// Preloaded into the action's process (`node --require`): what undici says of its requests, and what the process used, as JSON at the end.
'use strict';
const { subscribe } = require('node:diagnostics_channel');
const { writeFileSync } = require('node:fs');

const calls = [];
const byRequest = new Map();

subscribe('undici:request:create', ({ request }) => {
  const call = {
    at: performance.timeOrigin + performance.now(),
    method: request.method,
    path: request.path,
    sent: 0,
    received: 0,
    serverMs: 0,
  };
  calls.push(call);
  byRequest.set(request, call);
});
subscribe('undici:request:bodyChunkSent', ({ request, chunk }) => {
  byRequest.get(request).sent += Buffer.byteLength(chunk);
});
subscribe('undici:request:bodyChunkReceived', ({ request, chunk }) => {
  byRequest.get(request).received += chunk.length;
});
subscribe('undici:request:headers', ({ request, response }) => {
  const texts = response.headers.map((header) => header.toString('latin1'));
  const timing = texts[texts.findIndex((text) => text.toLowerCase() === 'server-timing') + 1];
  byRequest.get(request).serverMs = Number(/dur=([\d.]+)/.exec(timing)?.[1] ?? 0);
});

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const used = { cpuMs: (userCPUTime + systemCPUTime) / 1000, maxRssKb: maxRSS, calls };
  writeFileSync(process.env.BENCH_TAP, JSON.stringify(used));
});
