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

/** What outlives the application: the store, and the files of keys and codecs. */
export type Belongings = {
	readonly store: Store;
	readonly signingKeys: KeyFile;
	readonly encryptionKeys: KeyFile;
	readonly operatorPasswords: KeyFile;
	readonly codecs: CodecFile;
};

/** Assembles the application. Middleware is listed in the order in which a request passes it. */
export const createApp = (belongings: Belongings): Koa => {
	const {store, signingKeys, codecs} = belongings;
	const app = new Koa();
	const trail = new Trail();
	const formerRecords = new FormerRecords(record => codecs.writerOf(record));
	const observed = observe(store, {
		onCall: call => trail.count(call),
		onRecord: (key, record) => formerRecords.remember(key, record),
	});

	// Without `app`, which allows each name only once: `switchCodec()` makes another instance.
	const makeSessions = (): SessionMiddleware<Visit> =>
		session<Visit>({
			store: observed,
			keys: () => [...signingKeys.keys],
			codec: codecs.codecs,
			touchAfter: exactness.text,
			// Over plain HTTP, as by default, this does nothing.
			deviceBound: {exclude: ['/style.css', '/icon.svg']},
		});
	let sessions = makeSessions();
	const serveSession: Middleware<DefaultState, SessionContext<Visit>> = (ctx, next) => sessions(ctx, next);

	// In your application, a deployment does this: running requests finish with the old list, new ones get the new list.
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
