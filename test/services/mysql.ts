import {execFile} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {promisify} from 'node:util';
import {find, findOrInstall} from './install.ts';
import {path, systemPrograms} from './needs.ts';
import {type Program, type Server, type Settings, startServer} from './server.ts';

const missing = 'Expected mariadbd on the PATH. Install it (Debian: apt-get install mariadb-server)';

const findServer = () => findOrInstall(systemPrograms.mariadb);

const options = (settings: Settings): string[] =>
	Object.entries(settings).flatMap(([name, value]) => [value].flat().map(each => `--${name}=${each}`));

/** Root has to say that it means to. The log is small, since tests write little. */
const common = (directory: string): Settings => ({
	...(process.getuid?.() === 0 && {user: 'root'}),
	datadir: join(directory, 'data'),
	'innodb-log-file-size': '8M',
});

const program = (command: string): Program => ({
	command,
	protocol: 'mysql',
	login: 'root',
	// Not `test`, where everybody may do everything.
	database: 'sessions',
	async prepare(directory) {
		const install = find(['mariadb-install-db'], [...path(), join(dirname(command), '../bin')]);
		if (!install) throw new Error(missing);
		const settings = {...common(directory), 'auth-root-authentication-method': 'normal'};
		await promisify(execFile)(install, ['--no-defaults', ...options(settings)]);
		await writeFile(join(directory, 'init.sql'), 'create database if not exists sessions;\n');
	},
	args: (port, settings, directory) => [
		'--no-defaults',
		'--skip-name-resolve',
		...options({
			...common(directory),
			port: String(port),
			'bind-address': '127.0.0.1',
			socket: join(directory, 'socket'),
			'pid-file': join(directory, 'pid'),
			'init-file': join(directory, 'init.sql'),
			'innodb-buffer-pool-size': '64M',
			// Nothing waits for the disk: what a killed process wrote, the system still knows.
			'innodb-flush-log-at-trx-commit': '2',
			'innodb-flush-method': 'nosync',
			'max-connect-errors': '1000000',
			...settings,
		}),
	],
	// It speaks first: a packet with the version of its protocol, or else with an error.
	ping: ['', /^...\0\n/s],
});

/** A private MariaDB, to be killed and paused. Settings are options of `mariadbd`. */
export const startMysql = async (settings?: Settings): Promise<Server> => {
	const command = findServer();
	if (!command) throw new Error(missing);
	return startServer(program(command), settings);
};

/** A MariaDB that many tests share: the one at `MYSQL_URL`, if that is set. */
export const sharedMysql = async (): Promise<Pick<Server, 'url' | 'stop'>> => {
	const url = process.env['MYSQL_URL'];
	if (url) return {url, stop: async () => {}};
	if (findServer()) return startMysql({'max-connections': '500', 'connect-timeout': '120'});
	throw new Error(`${missing}, or set MYSQL_URL to a database that the tests may use`);
};
