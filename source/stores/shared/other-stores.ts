import type {Remedies} from '../../options/names.ts';

const ofMiddleware = (option: string): string => `Set \`${option}\` of \`session()\`.`;

/** Options of connect-redis, connect-mongo, connect-pg-simple, session-file-store and other stores. */
export const ofStores: Remedies = {
	ttl: ofMiddleware('idleTimeout'),
	maxAge: ofMiddleware('idleTimeout'),
	prefix: ofMiddleware('prefix'),
	keyPrefix: ofMiddleware('prefix'),
	touchAfter: ofMiddleware('touchAfter'),
	serializer: ofMiddleware('codec'),
	stringify: ofMiddleware('codec'),
	crypto: ofMiddleware('codec'),
};

/** The same for a store that is made with a client or its URL. */
export const ofClientStores: Remedies = {
	...ofStores,
	client: 'Pass the client itself, before the options.',
	url: 'Pass the URL itself, before the options.',
};
