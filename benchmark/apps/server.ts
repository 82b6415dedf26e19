import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {Redis} from 'ioredis';
import type {MakeApp} from './apps/app.ts';

// A process of its own for each application, so that its CPU time is the server's alone.
const [module = '', url = '', pipelining] = process.argv.slice(2);
const {default: make}: {default: MakeApp} = await import(module);
const redis = new Redis(url, {enableAutoPipelining: pipelining === 'autopipelining', lazyConnect: true});

let commands = 0;
const {sendCommand} = redis;
redis.sendCommand = function (...parameters) {
	commands++;
	return sendCommand.apply(this, parameters);
};

const server = createServer(await make(redis, url));
server.listen(0, '127.0.0.1', () => {
	process.send?.({port: (server.address() as AddressInfo).port});
});

process.on('message', () => {
	const {user, system} = process.cpuUsage();
	process.send?.({cpu: user + system, commands});
});
process.on('disconnect', () => process.exit());
