import {userInfo} from 'node:os';
import {findOrInstall} from './install.ts';
import {systemPrograms} from './needs.ts';
import {type Server, type Settings, startServer} from './server.ts';

const missing = 'Expected memcached on the PATH. Install it (Debian: apt-get install memcached)';

const program = (command: string) => ({
	command,
	protocol: 'memcached',
	args: (port: number, settings: Settings) =>
		Object.entries({
			port: String(port),
			listen: '127.0.0.1',
			'udp-port': '0',
			// As root it wants to be told whom to run as.
			user: userInfo().username,
			'memory-limit': '256',
			threads: '2',
			...settings,
		}).map(([name, value]) => (value === '' ? `--${name}` : `--${name}=${String(value)}`)),
	ping: ['version\r\n', 'VERSION'] as const,
});

const findServer = () => findOrInstall(systemPrograms.memcached);

/**
A private memcached, to be killed, paused and filled up.

Settings are its long options: `{'max-item-size': '2m'}`, `{'disable-evictions': ''}`.
*/
export const startMemcached = async (settings?: Settings): Promise<Server> => {
	const command = findServer();
	if (!command) throw new Error(missing);
	return startServer(program(command), settings);
};

/** A memcached that many tests share: the one at `MEMCACHED_URL`, if that is set. */
export const sharedMemcached = async (): Promise<Pick<Server, 'url' | 'stop'>> => {
	const url = process.env['MEMCACHED_URL'];
	if (url) return {url, stop: async () => {}};
	if (findServer()) return startMemcached();
	throw new Error(`${missing}, or set MEMCACHED_URL to a server that the tests may use`);
};
