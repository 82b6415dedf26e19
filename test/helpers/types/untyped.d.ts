// Libraries that sessions come from, as far as the tests use them. Their own types would change those of Koa's context
// in every file.

declare module 'koa-generic-session' {
	import type {Middleware} from 'koa';
	export default function session(options: Readonly<Record<string, unknown>>): Middleware;
}

declare module 'koa-redis' {
	type Store = {
		get(key: string): Promise<unknown>;
		destroy(key: string): Promise<unknown>;
		quit(): Promise<unknown>;
	};
	export default function createStore(options: {readonly url: string}): Store;
}

declare module 'session-file-store' {
	import type {Store} from 'express-session';
	export default function bind(session: unknown): new (options: Readonly<Record<string, unknown>>) => Store;
}

declare module 'koa-passport' {
	import type {Context, Middleware} from 'koa';

	type Done = (error: unknown, result?: unknown, info?: unknown) => void;

	/** What Passport adds to a context. */
	export type PassportContext = Context & {
		login(user: unknown, options?: {readonly keepSessionInfo?: boolean}): Promise<void>;
		logout(options?: {readonly keepSessionInfo?: boolean}): Promise<void>;
		isAuthenticated(): boolean;
	};

	export class KoaPassport {
		use(strategy: unknown): this;
		serializeUser(serialize: (user: never, done: Done) => void): void;
		deserializeUser(deserialize: (id: never, done: Done) => void): void;
		initialize(): Middleware;
		session(): Middleware;
		authenticate(strategy: string, options?: Readonly<Record<string, unknown>>): Middleware;
	}
}

declare module 'passport-local' {
	type Done = (error: unknown, user?: unknown, info?: {readonly message: string}) => void;
	export class Strategy {
		constructor(verify: (name: string, password: string, done: Done) => void);
	}
}

declare module 'koa-better-flash' {
	import type {Middleware} from 'koa';
	export default function flash(): Middleware;
}

declare module 'connect-flash' {
	export default function flash(): (req: object, res: object, next: (...values: unknown[]) => void) => void;
}

declare module 'koa-flash' {
	export default function flash(): GeneratorFunction;
}

declare module 'koa-convert' {
	import type {Middleware} from 'koa';
	export default function convert(middleware: GeneratorFunction): Middleware;
}
