import {SessionError} from '../../errors.ts';

/** A client that a store opened itself. */
export type OwnClient<Client> = {
	/** Lends the client for one operation, which may send several commands. Opens it first if necessary. */
	use<Result>(work: (client: Client) => Promise<Result>): Promise<Result>;

	/** Waits for operations in progress, then closes the client. Later operations are refused. */
	close(): Promise<void>;
};

/** Opens a client for the first operation. If that fails, the next operation tries again. */
export const ownClient = <Client extends object>(
	open: () => Promise<Client>,
	end: (client: Client) => unknown,
): OwnClient<Client> => {
	let underWay = 0;
	let whenIdle: (() => void) | undefined;
	let opening: Promise<Client> | undefined;
	let client: Client | undefined;
	let closed: Promise<void> | undefined;

	const close = async (): Promise<void> => {
		// Most libraries would abort what is in progress, and some would connect again for it.
		if (underWay > 0)
			await new Promise<void>(resolve => {
				whenIdle = resolve;
			});
		if (client) await end(client);
	};
	const finish = (): void => {
		underWay--;
		if (underWay === 0) whenIdle?.();
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

			// At once if there is a client: libraries send what is asked in one turn together.
			const result = client ? work(client) : connect().then(work);
			underWay++;
			result.then(finish, finish);
			return result;
		},
		close() {
			closed ??= close();
			return closed;
		},
	};
};
