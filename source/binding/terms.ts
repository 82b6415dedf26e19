/** What the terms of a binding depend on. */
export type TermsOptions = {
	/** How the browser names the binding. */
	readonly id: string;

	/** The endpoint's path. */
	readonly path: string;

	/** The paths whose requests never wait for a fresh proof. */
	readonly exclude: readonly string[];
	readonly cookie: {
		readonly name: string;
		readonly path: string;
		readonly httpOnly?: boolean;
		readonly sameSite?: 'strict' | 'lax' | 'none';
	};
};

/**
What a browser is told to do: to refresh the cookie before any request in scope that would lack it.

The attributes must be those of the cookie, or it would refresh before each request. A link on another site must start a
refresh too, unless other sites get the cookie: then they could have it refreshed at will.
*/
export const termsOf = ({id, path, exclude, cookie}: TermsOptions): object => {
	const {name, httpOnly = true, sameSite = 'lax'} = cookie;
	const site = `${sameSite.slice(0, 1).toUpperCase()}${sameSite.slice(1)}`;
	const attributes = [`Path=${cookie.path}`, 'Secure', ...(httpOnly ? ['HttpOnly'] : []), `SameSite=${site}`];
	return {
		session_identifier: id,
		refresh_url: path,
		scope: {
			include_site: false,
			scope_specification: exclude.map(excluded => ({type: 'exclude', domain: '*', path: excluded})),
		},
		credentials: [{type: 'cookie', name, attributes: attributes.join('; ')}],
		...(sameSite !== 'none' && {allowed_refresh_initiators: ['*']}),
	};
};
