import {IncomingMessage, ServerResponse} from 'node:http';
import {Socket} from 'node:net';
import type Koa from 'koa';
import compose from 'koa-compose';
import {
	type SessionRecord,
	type Store,
	toVersion,
	type UpdateResult,
	type Version,
	type VersionedRecord,
} from '../../source/store.ts';
import type {RedisLike} from './route.ts';

/** What a client sees of a response: the views, and the session's cookie if one was set. */
export type Answer = {readonly views: number; readonly cookie: string | undefined};

/** An application without a server: only its middleware runs. */
export class InProcess {
	readonly #app: Koa;
	readonly #serve: compose.ComposedMiddleware<Koa.Context>;

	constructor(app: Koa) {
		this.#app = app;
		this.#serve = compose<Koa.Context>(app.middleware);
	}

	/** A request as Node passes it to Koa. It belongs to a socket that carries nothing. */
	context(path: string, cookie: string | undefined): Koa.Context {
		const request = new IncomingMessage(socket);
		request.method = 'GET';
		request.url = path;
		request.headers = {host: 'example.com', ...(cookie === undefined ? {} : {cookie})};
		return this.#app.createContext(request, new ServerResponse(request));
	}

	run(context: Koa.Context): Promise<void> {
		return this.#serve(context);
	}

	async answer(path: string, cookie?: string): Promise<Answer> {
		const context = this.context(path, cookie);
		await this.run(context);
		const lines = [context.response.headers['set-cookie'] ?? []].flat();
		const pairs = lines.map(line => line.slice(0, line.indexOf(';')));
		return {views: Number.parseInt(String(context.body), 10), cookie: pairs.length > 0 ? pairs.join('; ') : undefined};
	}
}

const socket = new Socket();

/** A store that takes no time: it copies nothing, and nothing in it expires. */
export class InstantStore implements Store {
	readonly #records = new Map<string, VersionedRecord>();
	#writes = 0;

	async create(key: string, record: SessionRecord): Promise<Version> {
		return this.#set(key, record);
	}

	async read(key: string): Promise<VersionedRecord | undefined> {
		return this.#records.get(key);
	}

	async update(key: string, record: SessionRecord, version: Version): Promise<UpdateResult> {
		return this.#records.get(key)?.version === version ? {version: this.#set(key, record)} : 'conflict';
	}

	async touch(): Promise<boolean> {
		return true;
	}

	async delete(key: string): Promise<boolean> {
		return this.#records.delete(key);
	}

	#set(key: string, record: SessionRecord): Version {
		const version = toVersion(String(++this.#writes));
		this.#records.set(key, {...record, version});
		return version;
	}
}

/** A Redis client that takes no time. */
export class InstantRedis implements RedisLike {
	readonly #texts = new Map<string, string>();

	async get(key: string): Promise<string | null> {
		return this.#texts.get(key) ?? null;
	}

	async set(key: string, text: string): Promise<void> {
		this.#texts.set(key, text);
	}

	async del(key: string): Promise<void> {
		this.#texts.delete(key);
	}
}
