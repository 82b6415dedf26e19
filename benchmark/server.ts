import type {AddressInfo} from 'node:net';
import {apps} from './apps.ts';

// A process of its own for each application, so that its CPU time is the server's alone.
const name = process.argv[2] ?? '';
const app = apps[name]?.();
if (!app) throw new TypeError(`Expected one of ${Object.keys(apps).join(', ')}, got ${name}`);

const server = app.listen(0, '127.0.0.1', () => {
	process.send?.({port: (server.address() as AddressInfo).port});
});

process.on('message', () => {
	const {user, system} = process.cpuUsage();
	process.send?.({cpu: user + system});
});
process.on('disconnect', () => process.exit());
