import dns from 'node:dns';
import type {ExecutionContext} from 'ava';

/** A host with two addresses, at which nothing listens: why a connection failed is then in the inner errors, and the outer one is empty. */
export const hostOfTwoAddresses = (t: ExecutionContext): string => {
	const name = 'two-addresses.example';
	const {lookup} = dns;
	const addresses = [
		{address: '127.0.0.1', family: 4},
		{address: '::1', family: 6},
	];
	type Found = (error: Error | null, found: dns.LookupAddress[]) => void;
	Object.assign(dns, {
		lookup: (host: string, options: dns.LookupAllOptions, found: Found) =>
			host === name ? found(null, addresses) : lookup(host, options, found),
	});
	t.teardown(() => Object.assign(dns, {lookup}));
	return `${name}:1`;
};
