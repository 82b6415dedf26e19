import type {ServerResponse} from 'node:http';

type WriteHead = (status: number, ...rest: unknown[]) => ServerResponse;

/**
Calls a listener just before the headers of a response are sent; again, if sending them fails and is tried again.

Headers given to `writeHead()` are set first, so that the listener sees all of them.
*/
export const beforeHead = (res: ServerResponse, listener: () => void): void => {
	const writeHead = res.writeHead as WriteHead;
	let isWriting = false;

	const write: WriteHead = (status, ...rest) => {
		// Let Node report the mistake of a second call.
		if (isWriting || res.headersSent) return writeHead.call(res, status, ...rest);
		isWriting = true;
		try {
			const [reason, headers] = typeof rest[0] === 'string' ? rest : [undefined, rest[0] ?? rest[1]];
			setHeaders(res, headers);
			listener();
			return reason === undefined ? writeHead.call(res, status) : writeHead.call(res, status, reason);
		} finally {
			// An invalid header throws before anything is sent, and a response to that error may follow.
			isWriting = false;
		}
	};
	res.writeHead = write as typeof res.writeHead;
};

/**
Sets the headers given to `writeHead()`: an object, a list of pairs, or a list of alternating names and values.

As with Node, a list may have a name several times. Of two spellings of a name in an object, the last one counts.
*/
const setHeaders = (res: ServerResponse, headers: unknown): void => {
	if (typeof headers !== 'object' || headers === null) return;
	if (!Array.isArray(headers)) {
		for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
		return;
	}

	const byName = new Map<string, {readonly name: string; readonly values: unknown[]}>();
	for (const [name, value] of pairsOf(headers)) {
		const known = byName.get(name.toLowerCase());
		if (known) known.values.push(value);
		else byName.set(name.toLowerCase(), {name, values: [value]});
	}

	for (const {name, values} of byName.values()) {
		res.setHeader(name, (values.length === 1 ? values[0] : values.flat()) as string | string[]);
	}
};

const pairsOf = (headers: readonly unknown[]): readonly [string, unknown][] => {
	if (Array.isArray(headers[0])) return headers as [string, unknown][];
	return headers.flatMap((name, index) => (index % 2 === 0 ? [[String(name), headers[index + 1]]] : []));
};
