import {execFile} from 'node:child_process';
import {dirname, join} from 'node:path';
import {promisify} from 'node:util';
import {findOrInstall} from './install.ts';
import {systemPrograms} from './needs.ts';
import {type Program, type Server, type Settings, startServer} from './server.ts';

const missing = 'Expected postgres on the PATH. Install it (Debian: apt-get install postgresql)';

const findServer = () => findOrInstall(systemPrograms.postgres);

/** It refuses root, who runs it as Debian's `nobody`. */
const nobody = process.getuid?.() === 0 ? {runAs: {uid: 65_534, gid: 65_534}} : {};

const program = (command: string): Program => ({
	command,
	protocol: 'postgres',
	login: 'postgres',
	...nobody,
	async prepare(directory) {
		const settings = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'];
		await promisify(execFile)(join(dirname(command), 'initdb'), ['-D', 'data', ...settings], {
			...nobody.runAs,
			cwd: directory,
		});
	},
	args: (port, settings) => [
		...['-D', 'data', '-p', String(port), '-h', '127.0.0.1'],
		...Object.entries({unix_socket_directories: '', fsync: 'off', full_page_writes: 'off', ...settings}).flatMap(
			([name, value]) => ['-c', `${name}=${value}`],
		),
	],
	// A login. Until it is ready, a server answers with an error instead of asking for a password or for none.
	ping: ['\0\0\0\x17\0\x03\0\0user\0postgres\0\0', 'R'],
	// By default it would wait for its clients to leave, and what is killed would leave processes behind.
	signals: {stop: 'SIGINT', kill: 'SIGQUIT'},
});

/** A private PostgreSQL, to be killed and paused. Settings are those of `postgresql.conf`. */
export const startPostgres = async (settings?: Settings): Promise<Server> => {
	const command = findServer();
	if (!command) throw new Error(missing);
	return startServer(program(command), settings);
};

/** A PostgreSQL that many tests share: the one at `POSTGRES_URL`, if that is set. */
export const sharedPostgres = async (): Promise<Pick<Server, 'url' | 'stop'>> => {
	const url = process.env['POSTGRES_URL'];
	if (url) return {url, stop: async () => {}};
	if (findServer()) return startPostgres({max_connections: '500'});
	throw new Error(`${missing}, or set POSTGRES_URL to a database that the tests may use`);
};
