import type {DeclaredData} from '../session.ts';
import type {NewSession} from '../sessions.ts';
import type {CreatedSession, SessionsApi} from '../sessions-api.ts';

/** What Playwright's `browser.newContext()` takes as `storageState`. */
export type StorageState = {
	cookies: {
		name: string;
		value: string;
		domain: string;
		path: string;
		expires: number;
		httpOnly: boolean;
		secure: boolean;
		sameSite: 'Lax';
	}[];
	origins: {origin: string; localStorage: {name: string; value: string}[]}[];
};

/** A session made for a test. Its `headers` are what supertest, light-my-request and `fetch` send. */
export type SignedIn = CreatedSession & {
	/**
	A browser's cookies with this session, for Playwright.

	@param url Where the application is, such as `http://127.0.0.1:3000`.
	@throws TypeError If the URL isn't absolute, or if the token travels in another header than `Cookie`.
	*/
	storageState(url: string | URL): StorageState;
};

/**
Stores a session for a test, as a login would, and says what each client must send to have it.

No request is made, so your login isn't tested. Test that once, and sign in like this everywhere else.

@param sessions What `session(app, options)` returned.
@param options As for `sessions.create()`, such as `subject`.
@throws SessionError As `sessions.create()`.
@throws TypeError If `sessions` is something else, such as the application.

@example
import session from 'koa-server-session';
import {signIn} from 'koa-server-session/testing';

const sessions = session(app, {store: 'memory:'});
const {headers} = await signIn(sessions, {user: 'ada'}, {subject: 'ada'});
const response = await fetch('http://127.0.0.1:3000/account', {headers});
*/
export const signIn = async <Fields = DeclaredData>(
	sessions: Pick<SessionsApi<Fields>, 'create'>,
	data: Fields,
	options?: NewSession,
): Promise<SignedIn> => {
	if (typeof sessions?.create !== 'function') {
		throw new TypeError(
			'Expected `sessions` to be what `session(app, options)` returned, got something without `create()`',
		);
	}

	const created = await sessions.create(data, options);
	return {...created, storageState: url => storageState(created, new URL(url))};
};

const storageState = ({headers}: CreatedSession, {hostname, protocol}: URL): StorageState => {
	const {cookie} = headers;
	if (cookie === undefined) {
		const [name] = Object.keys(headers);
		throw new TypeError(`The token travels in \`${name}\`, not in a cookie. Use \`extraHTTPHeaders: headers\` instead`);
	}

	const equals = cookie.indexOf('=');
	const name = cookie.slice(0, equals);
	return {
		cookies: [
			{
				name,
				value: cookie.slice(equals + 1),
				domain: hostname,
				path: '/',
				expires: -1,
				httpOnly: true,
				// Browsers keep a cookie with such a prefix only with this.
				secure: protocol === 'https:' || /^__(?:host|secure|http)-/i.test(name),
				sameSite: 'Lax',
			},
		],
		origins: [],
	};
};
