import {SessionError} from '../errors.ts';
import type {Store, UpdateResult, Version, VersionedRecord} from '../store.ts';

/**
Keeps nothing. Every session is empty, and the first write throws an error that names the option to set.

This is the default, so that an application without a store starts, and fails where it begins to rely on one.
`create()` and `update()` reject with `ERR_SESSION_NO_STORE`.

@example
import session, {NullStore} from 'koa-server-session';

app.use(session(app, {store: new NullStore()}));
*/
export class NullStore implements Store {
	async create(): Promise<Version> {
		throw noStore();
	}

	async read(): Promise<VersionedRecord | undefined> {
		return undefined;
	}

	async update(): Promise<UpdateResult> {
		throw noStore();
	}

	async touch(): Promise<boolean> {
		return false;
	}

	async delete(): Promise<boolean> {
		return false;
	}
}

const noStore = (): SessionError =>
	new SessionError(
		'ERR_SESSION_NO_STORE',
		"A session was to be saved, but there is no store to keep it. Set the `store` option, for example to 'file:./sessions' or to 'redis://127.0.0.1:6379'",
	);
