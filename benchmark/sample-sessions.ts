import type {Envelope} from '../source/codec.ts';

const login = {
	user: {id: 4711, name: 'Ada Lovelace', roles: ['admin', 'editor']},
	locale: 'en-GB',
	theme: 'dark',
	returnTo: '/account/orders',
	views: 12,
};

const article = (index: number) => ({
	sku: `pear-${index}`,
	title: 'A ripe pear',
	price: 1.5 + index,
	quantity: index,
	tags: ['fruit', 'green'],
	isGift: index % 2 === 0,
});

const withCart = (articles: number): Envelope => ({
	createdAt: 1_767_225_600_000,
	permanent: true,
	data: {...login, cart: Array.from({length: articles}, (_, index) => article(index))},
});

/** Sessions of plain data with their size as JSON, in kB: after a log-in, with a cart, and with an oversized cart. */
export const sessions = [
	{size: 0.2, session: withCart(0)},
	{size: 2, session: withCart(17)},
	{size: 20, session: withCart(183)},
] as const;
