import {endDevice, listDevices} from './devices.ts';
import {formToken} from './form.ts';
import {devicesPage, nobodysDevicesPage} from './pages/devices.ts';
import type {RoutesOptions} from './routes.ts';
import {type Show, seeOther} from './show.ts';
import type {VisitRouter} from './visit.ts';

/** Adds the page on which people see where they are logged in, and its forms. */
export const addDeviceRoutes = (router: VisitRouter, show: Show, {store, sessions}: RoutesOptions): void => {
	router.get('/devices', async ctx => {
		if (ctx.session.user === undefined) return show(ctx, 'Devices', nobodysDevicesPage);

		const token = formToken(ctx.session);
		const canList = store.bySubject !== undefined;
		const devices = await listDevices(ctx, canList ? sessions() : undefined);
		return show(ctx, 'Devices', devicesPage({devices, canList, token}));
	});

	router.post('/devices/end', async ctx => {
		const ended = await endDevice(ctx, sessions(), ctx.state.form.get('handle'));
		if (ended) ctx.session.flash('done', `${ended.agent} is logged out.`);
		seeOther(ctx, '/devices');
	});

	router.post('/devices/end-others', async ctx => {
		const {id, subject} = ctx.session;
		if (subject !== undefined) {
			const ended = await sessions().revoke(subject, {except: id});
			ctx.session.flash('done', ended === 1 ? 'One device is logged out.' : `${ended} devices are logged out.`);
		}
		seeOther(ctx, '/devices');
	});
};
