/** A client without this library: what it does to the same bytes by the fewest and cheapest commands. */
export type Bare = {
	create(key: string, bytes: Buffer, expiresAt: number): Promise<unknown>;
	read(key: string): Promise<Uint8Array | undefined>;
	update(key: string, bytes: Buffer, expiresAt: number): Promise<unknown>;
	touch(key: string, expiresAt: number): Promise<unknown>;
	destroy(key: string): Promise<unknown>;
	close(): Promise<unknown>;
};

/** Opens it as the store opens its own. */
export type OpenBare = (url: string) => Promise<Bare>;
