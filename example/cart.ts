/** Something to put into the cart. */
export type Product = {
	readonly id: string;
	readonly name: string;
	readonly description: string;

	/** In cents. */
	readonly price: number;
};

/** How many of which product. Counted by id, so that two tabs that add different things both keep theirs. */
export type Cart = Record<string, number>;

/** A product in the cart, and how many of it. */
export type CartLine = Product & {readonly quantity: number};

/** The whole assortment. */
export const products: readonly Product[] = [
	{id: 'spoon', name: 'Koa spoon', description: 'Carved by hand, for stirring.', price: 1450},
	{id: 'lantern', name: 'Storm lantern', description: 'Burns on while you restart.', price: 3900},
	{id: 'string', name: 'Ball of string', description: 'Exactly long enough.', price: 380},
	{id: 'map', name: 'Map of an island', description: 'Nobody has found it yet.', price: 1200},
];

/** The most that anyone may take of one product. */
export const mostOfOne = 20;

/** Reads how many are wanted; `undefined` for anything but a whole number that we have. */
export const readQuantity = (text: string | null): number | undefined => {
	const quantity = /^\d{1,3}$/.test(text ?? '') ? Number(text) : undefined;
	return quantity !== undefined && quantity <= mostOfOne ? quantity : undefined;
};

/** Sets how many of a product there are; of 0 nothing stays. */
export const setQuantity = (cart: Cart, {id}: Product, quantity: number): Cart => {
	const {[id]: _, ...others} = cart;
	return quantity === 0 ? others : {...others, [id]: Math.min(quantity, mostOfOne)};
};

/** Puts one more of a product into the cart. */
export const addOne = (cart: Cart, product: Product): Cart => setQuantity(cart, product, (cart[product.id] ?? 0) + 1);

/** What is in the cart, in the order of the assortment. */
export const cartLines = (cart: Cart): readonly CartLine[] =>
	products.map(product => ({...product, quantity: cart[product.id] ?? 0})).filter(({quantity}) => quantity > 0);

/** What it all costs, in cents. */
export const total = (lines: readonly CartLine[]): number =>
	lines.reduce((sum, {price, quantity}) => sum + price * quantity, 0);
