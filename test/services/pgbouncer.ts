import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {findOrInstall} from './install.ts';
import {systemPrograms} from './needs.ts';
import {freePort, type Server, startServer} from './server.ts';

const missing = 'Expected pgbouncer on the PATH. Install it (Debian: apt-get install pgbouncer)';

/** It refuses root, who runs it as Debian's `nobody`. */
const nobody = process.getuid?.() === 0 ? {runAs: {uid: 65_534, gid: 65_534}} : {};

/** A PgBouncer before a PostgreSQL, which lends connections for one transaction each. */
export const startPgBouncer = async (target: number): Promise<Server> => {
	const command = findOrInstall(systemPrograms.pgbouncer);
	if (!command) throw new Error(missing);

	const port = await freePort();
	const program = {
		command,
		protocol: 'postgres',
		login: 'postgres',
		database: 'postgres',
		...nobody,
		prepare: (directory: string) =>
			writeFile(
				join(directory, 'pgbouncer.ini'),
				[
					'[databases]',
					`* = host=127.0.0.1 port=${target} user=postgres`,
					'[pgbouncer]',
					'listen_addr = 127.0.0.1',
					`listen_port = ${port}`,
					'unix_socket_dir =',
					'auth_type = any',
					'pool_mode = transaction',
				].join('\n'),
			),
		args: () => ['pgbouncer.ini'],
		// A login without encryption.
		ping: ['\0\0\0\x17\0\x03\0\0user\0postgres\0\0', 'R'] as const,
		signals: {stop: 'SIGTERM', kill: 'SIGKILL'} as const,
	};
	return startServer(program, {}, {port});
};
