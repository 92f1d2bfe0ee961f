// chDB itself: loaded only when a sandbox starts, one engine a process, every connection opened with the same arguments.
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Session } from 'chdb';
import type { ChdbNodeEngine } from 'chdb/durable/node';

export interface Native {
  /** Where chDB keeps its files, inside the data directory. */
  readonly path: string;
  openSession(): Session;
  /** Its parser tells statements apart without running them. */
  readonly parser: ChdbNodeEngine;
  /** After all sessions were closed. */
  close(): Promise<void>;
}

const ARGUMENTS = [
  '--database_atomic_delay_before_drop_table_sec=0',
  '--implicit_select=0',
  '--allow_introspection_functions=0',
  '--session_timezone=UTC',
  '--max_query_size=2000000',
];

// Two roles: what the sandbox does itself, and what a query of a token may touch. `CREATE ROLE` is not possible in chDB.
const configText = (path: string): string => `<clickhouse>
  <users_config>${path.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</users_config>
  <profiles><default></default></profiles>
  <quotas><default></default></quotas>
  <roles>
    <admin_role><grants><query>GRANT ALL ON *.* WITH GRANT OPTION</query></grants></admin_role>
    <tenant_role><grants>
      <query>GRANT SELECT ON ws_*.*</query>
      <query>GRANT SELECT ON data.*</query>
    </grants></tenant_role>
  </roles>
  <users><default>
    <password></password>
    <networks><ip>::/0</ip></networks>
    <profile>default</profile>
    <quota>default</quota>
    <grants><query>GRANT admin_role, tenant_role</query></grants>
  </default></users>
</clickhouse>
`;

export async function loadNative(dataDir: string): Promise<Native> {
  const { chdb, durable } = await importChdb();
  const path = join(resolve(dataDir), 'clickhouse');
  const config = join(resolve(dataDir), 'engine.xml');
  await mkdir(path, { recursive: true });
  await writeFile(config, configText(config));
  const connectionArgs = [`--config-file=${config}`, ...ARGUMENTS];
  const openSession = (): Session => new chdb.Session(path, { connectionArgs });
  // The first connection decides the engine's configuration, so it comes before the parser's.
  const first = openSession();
  const parser = new durable.ChdbNodeEngine();
  await parser.start({ dataPath: path, backupsAllowedPath: path });
  first.close();
  return {
    path,
    openSession,
    parser,
    close: async () => {
      await parser.close();
      await chdb.drainPending();
    },
  };
}

async function importChdb() {
  try {
    return { chdb: await import('chdb'), durable: await import('chdb/durable/node') };
  } catch (cause) {
    throw new Error(
      'the sandbox needs the package chdb (ClickHouse in the process): npm install --save-dev chdb@3.4.0',
      { cause },
    );
  }
}
