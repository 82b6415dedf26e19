import Koa, {type DefaultState, type Middleware} from 'koa';
import session, {type SessionContext, type SessionMiddleware, type Store} from '../source/index.ts';
import {serveAssets} from './assets.ts';
import type {CodecFile, CodecName} from './codecs.ts';
import {exactness} from './devices.ts';
import {showErrors} from './error-pages.ts';
import {readForms} from './form.ts';
import {FormerRecords} from './former-records.ts';
import {secureHeaders} from './headers.ts';
import type {KeyFile} from './keys.ts';
import {observe} from './observed-store.ts';
import {createRoutes} from './routes.ts';
import {Trail} from './trail.ts';
import type {Visit} from './visit.ts';

/** What outlives the application, in files and in the store. */
export type Belongings = {
	readonly store: Store;
	readonly signingKeys: KeyFile;
	readonly encryptionKeys: KeyFile;
	readonly codecs: CodecFile;
};

/** Puts the application together. What a request passes first stands first. */
export const createApp = (belongings: Belongings): Koa => {
	const {store, signingKeys, codecs} = belongings;
	const app = new Koa();
	const trail = new Trail();
	const formerRecords = new FormerRecords(record => codecs.writerOf(record));
	const observed = observe(store, {
		onCall: call => trail.count(call),
		onRecord: (key, record) => formerRecords.see(key, record),
	});

	// Without the application, which takes each name once: there is a second one after `switchCodec()`.
	const makeSessions = (): SessionMiddleware<Visit> =>
		session<Visit>({
			store: observed,
			keys: () => [...signingKeys.keys],
			codec: codecs.codecs,
			touchAfter: exactness.text,
		});
	let sessions = makeSessions();
	const serveSession: Middleware<DefaultState, SessionContext<Visit>> = (ctx, next) => sessions(ctx, next);

	// What a deployment does to an application of your own: requests under way end with the old list, all others get the new.
	const switchCodec = (name: CodecName): void => {
		codecs.add(name);
		sessions = makeSessions();
	};

	const router = createRoutes({...belongings, trail, formerRecords, sessions: () => sessions, switchCodec});

	app.use(secureHeaders);
	app.use(serveAssets);
	app.use(trail.follow());
	app.use(showErrors);
	app.use(serveSession);
	app.use(readForms);
	app.use(router.routes());
	app.use(router.allowedMethods());

	return app;
};
