import {type Cart, type CartLine, cartLines, mostOfOne, type Product, products, total} from '../cart.ts';
import {type Html, html} from '../html.ts';
import {tokenField} from './layout.ts';

const euros = new Intl.NumberFormat('en', {style: 'currency', currency: 'EUR'});
const money = (cents: number): string => euros.format(cents / 100);

/** The products, and what is in the cart. */
export const shopPage = (cart: Cart, token: string): Html => {
	const lines = cartLines(cart);
	return html`<h1>Shop</h1>
<ul class="products">${products.map(product => offer(product, token))}</ul>
<h2>Your cart</h2>
${lines.length === 0 ? html`<p class="empty">Nothing yet. What you add is saved in your session at once.</p>` : table(lines, token)}
`;
};

const offer = ({id, name, description, price}: Product, token: string): Html => html`<li>
	<h3>${name}</h3>
	<p>${description}</p>
	<form method="post" action="/cart/add">
		${tokenField(token)}
		<input type="hidden" name="product" value="${id}">
		<span class="price">${money(price)}</span>
		<button>Add<span class="unseen"> ${name} to the cart</span></button>
	</form>
</li>`;

const table = (lines: readonly CartLine[], token: string): Html => html`<table class="cart">
	<thead><tr><th scope="col">Product</th><th scope="col">Quantity</th><th scope="col" class="number">Price</th></tr></thead>
	<tbody>${lines.map(line => row(line, token))}</tbody>
	<tfoot><tr><th scope="row" colspan="2">Total</th><td class="number">${money(total(lines))}</td></tr></tfoot>
</table>`;

const row = ({id, name, price, quantity}: CartLine, token: string): Html => html`<tr>
	<th scope="row">${name}</th>
	<td><form method="post" action="/cart/change">
		${tokenField(token)}
		<input type="hidden" name="product" value="${id}">
		<input type="number" name="quantity" value="${quantity}" min="0" max="${mostOfOne}" required
			aria-label="How many of ${name}">
		<button class="quiet">Change<span class="unseen"> the quantity of ${name}</span></button>
		<button class="quiet" formaction="/cart/remove" formnovalidate>Remove<span class="unseen"> ${name}</span></button>
	</form></td>
	<td class="number">${money(price * quantity)}</td>
</tr>`;
