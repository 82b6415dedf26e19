/** How long a login lasts. Each session keeps its own timeouts. `undefined`: that of the options. */
export const lifetimes = {
	/** The cookie ends with the browser. */
	usual: {permanent: false, idleTimeout: undefined, absoluteTimeout: undefined},
	remembered: {permanent: true, idleTimeout: '30d', absoluteTimeout: '90d'},
	operator: {permanent: false, idleTimeout: '15m', absoluteTimeout: '8h'},
} as const;
