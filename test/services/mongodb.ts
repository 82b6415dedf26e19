import {join} from 'node:path';
import {BSON, MongoClient} from 'mongodb';
import {find, installFromNpm} from './install.ts';
import {npmPackages} from './needs.ts';
import {type Program, type Server, type Settings, startServer} from './server.ts';

/** What the collections are called that tests make, and something random. */
export const testPrefix = 'koa-server-session-test-';

const standIn = npmPackages.jongodb;

const missing =
	'Expected mongod on the PATH. Install MongoDB Community Server (https://www.mongodb.com/try/download/community), or ' +
	'set MONGODB_URL to a database that the tests may use; ' +
	`only Linux on x64 with glibc and npm has a stand-in for it, the package ${standIn.name}@${standIn.version}`;

/** How any client begins. Whatever comes back comes from a server that is ready. */
const hello = (): Uint8Array => {
	const command = BSON.serialize({hello: 1, $db: 'admin'});
	const message = Buffer.alloc(21 + command.length);
	message.writeInt32LE(message.length, 0);
	message.writeInt32LE(2013, 12);
	message.set(command, 21);
	return message;
};

const program = (command: string, args: Program['args']): Program => ({
	command,
	protocol: 'mongodb',
	args,
	ping: [hello(), ''],
});

const mongod = (port: number, settings: Settings): readonly string[] =>
	Object.entries({port: String(port), bind_ip: '127.0.0.1', dbpath: '.', ...settings})
		.flatMap(([name, value]) => [`--${name}`, ...[value].flat()])
		.concat('--nounixsocket', '--quiet');

const jongodb = (port: number): readonly string[] => ['--host=127.0.0.1', `--port=${port}`, '--database=koa_session'];

/** A private MongoDB, to be killed and paused; or its stand-in, which forgets everything when it ends. */
export const startMongo = async (): Promise<Server & {readonly isReal: boolean}> => {
	const real = find(['mongod']);
	if (real) return Object.assign(await startServer(program(real, mongod)), {isReal: true});

	const folder = await installFromNpm(standIn);
	if (!folder) throw new Error(missing);
	return Object.assign(await startServer(program(join(folder, 'bin/jongodb'), jongodb)), {isReal: false});
};

/** A MongoDB that many tests share: the one at `MONGODB_URL`, if that is set. */
export const sharedMongo = async (): Promise<Pick<Server, 'url' | 'stop'> & {readonly note: string}> => {
	const url = process.env['MONGODB_URL'];
	if (url) return {url, note: 'MongoDB: the server at MONGODB_URL', stop: () => dropCollections(url)};

	const {isReal, ...server} = await startMongo();
	const note = isReal
		? 'MongoDB: mongod'
		: `MongoDB: jongodb ${standIn.version}, a stand-in; set MONGODB_URL, or install mongod, for a real one`;
	return {...server, note};
};

const dropCollections = async (url: string): Promise<void> => {
	const client = new MongoClient(url);
	try {
		const collections = await client.db().listCollections({}, {nameOnly: true}).toArray();
		const made = collections.filter(({name}) => name.startsWith(testPrefix));
		await Promise.all(made.map(({name}) => client.db().dropCollection(name)));
	} finally {
		await client.close();
	}
};
