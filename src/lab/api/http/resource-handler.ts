import type { Json } from '../json.ts';
import { ShapeError } from '../kinds/shape.ts';
import { decodeObject, type ExpectedType, type KubeObject, nameOf } from '../kube-object.ts';
import { serverSideApply } from '../patch/apply.ts';
import { patchObject, topologyOf } from '../patch/patch.ts';
import { apiVersionOf, type Resource, type Target, type WriteScope } from '../resource.ts';
import {
  badRequest,
  conflict,
  fieldErrors,
  invalid,
  methodNotAllowed,
  notFound,
  pathNotFound,
  type StatusError,
} from '../status-error.ts';
import type { Store } from '../store/store.ts';
import { tableOf, wantsTable } from '../table/table.ts';
import { asVersion, type Writes } from '../writes.ts';
import { applyRequest, decodeApplied, wantedObject } from './apply-request.ts';
import { mediaTypeOf, readBody } from './body.ts';
import { deleteOptions } from './delete-options.ts';
import { encodeItem, encodeObject, sendJson, success } from './encoding.ts';
import { type Exchange, writeOptions } from './exchange.ts';
import { listOptions } from './list-options.ts';
import { filterOf, listHead, listMetadata, listObjects } from './lists.ts';
import type { ResourceRequest } from './request.ts';
import { WatchStream } from './watch-stream.ts';

export interface WatchTimes {
  /** Watches that ask for no timeout end after this long. */
  readonly defaultTimeoutSeconds: number;
  readonly bookmarkSeconds: number;
}

const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

/** Answers requests for stored objects. */
export class ResourceHandler {
  readonly #times: WatchTimes;
  readonly #store: Store;
  readonly #writes: Writes;
  readonly #watchOpened: (watch: WatchStream, exchange: Exchange) => () => void;

  constructor(
    options: WatchTimes,
    dependencies: {
      readonly store: Store;
      readonly writes: Writes;
      readonly watchOpened: (watch: WatchStream, exchange: Exchange) => () => void;
    },
  ) {
    this.#times = options;
    this.#store = dependencies.store;
    this.#writes = dependencies.writes;
    this.#watchOpened = dependencies.watchOpened;
  }

  async handle(resource: Resource, exchange: Exchange): Promise<void> {
    const { request } = exchange;
    const scope = scopeOf(resource, request);
    if (resource.namespaced && request.namespace === '' && !['list', 'watch'].includes(request.verb)) {
      throw request.verb === 'create' ? methodNotAllowed() : pathNotFound();
    }
    if (request.name === '' && ['update', 'patch'].includes(request.verb)) throw methodNotAllowed();
    const target = { resource, namespace: resource.namespaced ? request.namespace : '', name: request.name };
    switch (request.verb) {
      case 'get':
        return sendJson(exchange.response, 200, this.#encoder(resource, exchange)(this.#writes.get(target)));
      case 'list':
        return this.#list(resource, exchange);
      case 'watch':
        return this.#watch(resource, exchange);
      case 'create':
        return this.#create(target, exchange);
      case 'update':
        return this.#update(target, scope, exchange);
      case 'patch':
        return this.#patch(target, scope, exchange);
      case 'delete':
        return this.#delete(target, exchange);
      case 'deletecollection':
        return this.#deleteCollection(target, exchange);
    }
  }

  /** How objects are written: as they are, or as the rows that kubectl prints. */
  #encoder(resource: Resource, { request, incoming }: Exchange): (object: KubeObject) => string {
    if (!wantsTable(incoming.headers.accept)) return encodeObject;
    const includeObject = request.query.get('includeObject') ?? 'Metadata';
    return (object) => {
      const { resourceVersion } = object.metadata;
      const metadata = { ...(resourceVersion === undefined ? {} : { resourceVersion }) };
      return JSON.stringify(tableOf([object], metadata, { resource, now: this.#writes.now(), includeObject }));
    };
  }

  #list(resource: Resource, { request, incoming, response }: Exchange): void {
    const storage = { collection: this.#writes.collection(resource), currentRevision: this.#store.revisions.current };
    const listed = listObjects({ query: request.query, namespace: namespaceFor(resource, request), resource }, storage);
    if (wantsTable(incoming.headers.accept)) {
      const includeObject = request.query.get('includeObject') ?? 'Metadata';
      const table = tableOf(listed.items, listMetadata(listed), { resource, now: this.#writes.now(), includeObject });
      sendJson(response, 200, JSON.stringify(table));
      return;
    }
    const items = listed.items.map((object) => encodeItem(object, isCustom(resource))).join(',');
    const metadata = JSON.stringify(listMetadata(listed));
    sendJson(response, 200, `{${listHead(resource)},"metadata":${metadata},"items":[${items}]}`);
  }

  #watch(resource: Resource, exchange: Exchange): void {
    const { query } = exchange.request;
    const options = listOptions(query, 'watch');
    const watch = new WatchStream(
      {
        resource,
        namespace: namespaceFor(resource, exchange.request),
        filter: filterOf(query, resource),
        since: options.sendInitialEvents === true || options.revision === 0 ? undefined : options.revision,
        endOfInitialEvents: options.sendInitialEvents === true && options.bookmarks,
        bookmarks: options.bookmarks,
        timeoutSeconds: options.timeoutSeconds > 0 ? options.timeoutSeconds : this.#times.defaultTimeoutSeconds,
        bookmarkSeconds: this.#times.bookmarkSeconds,
        encode: this.#encoder(resource, exchange),
      },
      {
        collection: this.#writes.collection(resource),
        response: exchange.response,
        currentRevision: () => this.#store.revisions.current,
        reset: exchange.reset,
      },
    );
    const closed = this.#watchOpened(watch, exchange);
    exchange.response.on('close', closed);
    watch.start();
  }

  async #create(target: Target, exchange: Exchange): Promise<void> {
    const { incoming, response } = exchange;
    const { resource } = target;
    if (target.name !== '') throw methodNotAllowed();
    const sent = decodeObject(await readBody(incoming), expectedType(resource));
    const created = this.#writes.create(target, sent, writeOptions(exchange));
    sendJson(response, 201, encodeObject(created));
  }

  async #update(target: Target, scope: WriteScope, exchange: Exchange): Promise<void> {
    const { incoming, response } = exchange;
    const { resource } = target;
    const sent = decodeObject(await readBody(incoming), expectedType(resource));
    if (nameOf(sent) !== target.name) throw nameMismatch(nameOf(sent), target.name);
    const stored = this.#writes.find(target);
    const { uid } = sent.metadata;
    const creates = stored === undefined && scope === 'main' && resource.strategy.createOnUpdate;
    if (uid !== undefined && (creates || stored !== undefined) && uid !== stored?.metadata.uid) {
      const was = stored?.metadata.uid ?? '';
      throw conflict(
        resource,
        target.name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${was}`,
      );
    }
    if (creates) {
      exchange.mustAllow('create');
      const { resourceVersion: _, ...metadata } = sent.metadata;
      const created = this.#writes.create(target, { ...sent, metadata }, writeOptions(exchange));
      return sendJson(response, 201, encodeObject(created));
    }
    const updated = this.#writes.update(target, scope, () => sent, writeOptions(exchange));
    return sendJson(response, 200, encodeObject(asVersion(updated, resource)));
  }

  async #patch(target: Target, scope: WriteScope, exchange: Exchange): Promise<void> {
    const { incoming, response } = exchange;
    const { resource } = target;
    const type = mediaTypeOf(incoming);
    const patch = await readBody(incoming, PATCH_TYPES);
    if (patch === undefined) throw badRequest('the patch is empty');
    if (type === 'application/apply-patch+yaml') return this.#apply(target, scope, patch, exchange);
    const expected = expectedType(resource);
    const change = (stored: KubeObject): KubeObject =>
      decodeObject(patchObject({ type, patch, resource }, asVersion(stored, resource)), expected);
    const updated = patching(() => this.#writes.update(target, scope, change, writeOptions(exchange)));
    sendJson(response, 200, encodeObject(asVersion(updated, resource)));
  }

  #apply(target: Target, scope: WriteScope, patch: Json, exchange: Exchange): void {
    const { resource } = target;
    const { query } = exchange.request;
    const options = { ...writeOptions(exchange), isApply: true };
    const applying = applyRequest(query, { scope, now: this.#writes.now() });
    const wanted = wantedObject(decodeApplied(patch, resource), { target, scope });
    const stored = this.#writes.find(target);
    if (stored === undefined && scope === 'status') throw notFound(resource, target.name);
    if (stored === undefined) exchange.mustAllow('create');
    const writer = { ...applying, apiVersion: apiVersionOf(resource) };
    const merge = (onto: KubeObject): KubeObject => {
      const { object, managedFields } = serverSideApply({ stored: onto, wanted }, writer, topologyOf(resource));
      return decodeObject({ ...object, metadata: { ...object.metadata, managedFields } }, expectedType(resource));
    };
    const { apiVersion, kind } = wanted;
    const made =
      stored === undefined
        ? this.#writes.create(target, merge({ apiVersion, kind, metadata: {} }), options)
        : patching(() => this.#writes.update(target, scope, merge, options));
    sendJson(exchange.response, stored === undefined ? 201 : 200, encodeObject(asVersion(made, resource)));
  }

  async #delete(target: Target, exchange: Exchange): Promise<void> {
    const options = deleteOptions(exchange.request.query, (await readBody(exchange.incoming)) ?? {});
    const { object, removed } = this.#writes.delete(target, options);
    if (!removed || target.resource.strategy.returnsDeleted) {
      return sendJson(exchange.response, 200, encodeObject(asVersion(object, target.resource)));
    }
    const { resource } = target;
    const details = {
      name: target.name,
      group: resource.group === '' ? undefined : resource.group,
      kind: resource.resource,
      uid: object.metadata.uid,
    };
    return sendJson(exchange.response, 200, JSON.stringify(success(details)));
  }

  async #deleteCollection(target: Target, exchange: Exchange): Promise<void> {
    const { resource } = target;
    const options = deleteOptions(exchange.request.query, (await readBody(exchange.incoming)) ?? {});
    const filter = filterOf(exchange.request.query, resource);
    const doomed = this.#writes.collection(resource).list(target.namespace).filter(filter);
    for (const object of doomed) this.#writes.delete({ ...target, name: nameOf(object) }, options);
    const items = doomed.map((object) => encodeItem(asVersion(object, resource), isCustom(resource))).join(',');
    const metadata = `{"resourceVersion":"${this.#store.revisions.current}"}`;
    sendJson(exchange.response, 200, `{${listHead(resource)},"metadata":${metadata},"items":[${items}]}`);
  }
}

function scopeOf(resource: Resource, request: ResourceRequest): WriteScope {
  if (request.subresource === '') return 'main';
  if (request.subresource === 'status' && resource.status) {
    if (['get', 'update', 'patch'].includes(request.verb)) return 'status';
    throw methodNotAllowed();
  }
  throw isCustom(resource) ? notFound(resource, request.name) : pathNotFound();
}

function expectedType(resource: Resource): ExpectedType {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, named: isCustom(resource) };
}

function isCustom(resource: Resource): boolean {
  return resource.schema !== undefined;
}

function namespaceFor(resource: Resource, request: ResourceRequest): string {
  return resource.namespaced ? request.namespace : '';
}

function nameMismatch(sent: string, asked: string): StatusError {
  return sent === ''
    ? badRequest(`the name of the object (${asked} based on URL) was undeterminable: name must be provided`)
    : badRequest(`the name of the object (${sent}) does not match the name on the URL (${asked})`);
}

/** A patch whose outcome is no object of the kind is refused as such. */
function patching<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw invalid({ group: '', resource: '', kind: '' }, '', [fieldErrors.invalid('patch', '', error.message)]);
  }
}
