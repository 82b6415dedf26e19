import {SessionError} from '../../errors.ts';

/** A client that a store opened itself. */
export type OwnClient<Client> = {
	/** Lends it for one operation, which may ask it several times. Opens it first if need be. */
	use<Result>(work: (client: Client) => Promise<Result>): Promise<Result>;

	/** Lets operations under way end, then the client; refuses all that come later. */
	close(): Promise<void>;
};

/** Opens a client with the first operation; if that fails, the next one tries again. */
export const ownClient = <Client extends object>(
	open: () => Promise<Client>,
	end: (client: Client) => unknown,
): OwnClient<Client> => {
	const underWay = new Set<Promise<unknown>>();
	let opening: Promise<Client> | undefined;
	let client: Client | undefined;
	let closed: Promise<void> | undefined;

	const close = async (): Promise<void> => {
		// Most libraries break off what is under way, and some connect again for it.
		await Promise.allSettled(underWay);
		if (client) await end(client);
	};
	const openOnce = async (): Promise<Client> => {
		try {
			client = await open();
			return client;
		} finally {
			opening = undefined;
		}
	};
	const connect = (): Promise<Client> => {
		opening ??= openOnce();
		return opening;
	};
	return {
		use(work) {
			if (closed) return Promise.reject(new SessionError('ERR_SESSION_STORE', 'The store was closed. Make a new one'));

			// At once, where there is a client: libraries send together what is asked in one turn.
			const result = client ? work(client) : connect().then(work);
			underWay.add(result);
			const end = () => underWay.delete(result);
			result.then(end, end);
			return result;
		},
		close() {
			closed ??= close();
			return closed;
		},
	};
};
