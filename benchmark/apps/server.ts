import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {Redis} from 'ioredis';
import {startProfile, stopProfile} from './profiler.ts';
import type {MakeApp} from './route.ts';

// Serves one application in a process of its own, so that all CPU time of the process is the server's.
const [module = '', name = '', url = '', pipelining] = process.argv.slice(2);
const {[name]: make}: Readonly<Record<string, MakeApp<Redis>>> = await import(module);
if (!make) throw new TypeError(`Expected ${module} to export ${name}`);

const redis = new Redis(url, {enableAutoPipelining: pipelining === 'autopipelining', lazyConnect: true});

let commands = 0;
const {sendCommand} = redis;
redis.sendCommand = function (...parameters) {
	commands++;
	return sendCommand.apply(this, parameters);
};

const app = await make(redis, url);
const server = createServer('callback' in app ? app.callback() : app);
server.listen(0, '127.0.0.1', () => {
	process.send?.({port: (server.address() as AddressInfo).port});
});

const answers: Readonly<Record<string, () => unknown>> = {
	costs() {
		const {user, system} = process.cpuUsage();
		return {cpu: user + system, commands};
	},
	startProfile,
	stopProfile,
};

process.on('message', async question => {
	process.send?.((await answers[String(question)]?.()) ?? {});
});
process.on('disconnect', () => process.exit());
