import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authentication } from '../access/authentication.ts';
import { type Attributes, type Rbac, refusalOf } from '../access/rbac.ts';
import { reviewAccess, reviewToken } from '../access/reviews.ts';
import type { ServiceAccountTokens } from '../access/service-account-tokens.ts';
import type { User } from '../access/user.ts';
import type { FaultEffect, Faults } from '../faults.ts';
import { ShapeError } from '../kinds/shape.ts';
import type { ResourceRegistry } from '../registry.ts';
import { apiVersionOf, type Verb } from '../resource.ts';
import { badRequest, forbidden, methodNotAllowed, pathNotFound, StatusError } from '../status-error.ts';
import type { Writes } from '../writes.ts';
import { readBody } from './body.ts';
import { discover } from './discovery.ts';
import { sendJson, sendStatus, sendText } from './encoding.ts';
import type { Exchange } from './exchange.ts';
import { openApi } from './openapi.ts';
import { type ApiRequest, type PathRequest, parseRequest } from './request.ts';
import type { ResourceHandler } from './resource-handler.ts';

export interface ApiHandlerParts {
  readonly registry: ResourceRegistry;
  readonly writes: Writes;
  readonly authentication: Authentication;
  readonly tokens: ServiceAccountTokens;
  readonly rbac: Rbac;
  readonly faults: Faults;
  readonly resources: ResourceHandler;
}

/** Answers one HTTP request: who asks, may they, does a fault strike, what is the answer. */
export class ApiHandler {
  readonly #parts: ApiHandlerParts;

  constructor(parts: ApiHandlerParts) {
    this.#parts = parts;
  }

  /** `reset` resets the connection on which the request came. */
  async handle(incoming: IncomingMessage, response: ServerResponse, reset: () => void): Promise<void> {
    try {
      await this.#answer({ incoming, response, reset });
    } catch (error) {
      if (response.headersSent || response.destroyed) response.destroy();
      else sendStatus(response, statusOf(error));
    }
  }

  async #answer(connection: Pick<Exchange, 'incoming' | 'response' | 'reset'>): Promise<void> {
    const { incoming, response, reset } = connection;
    const request = parseRequest(incoming.method ?? 'GET', incoming.url ?? '/');
    const user = this.#parts.authentication.userOf(incoming.headers.authorization);
    if (request.kind === 'path') {
      this.#authorize(user, request);
      return this.#answerPath(request, response);
    }
    const effect = await this.#parts.faults.apply(request, user.name);
    if (effect !== undefined && strike(effect, response, reset)) return;
    this.#authorize(user, request);
    if (effect?.kind === 'lost-answer') loseAnswer(response, reset);
    const mustAllow = (verb: Verb): void => this.#authorize(user, { ...request, verb });
    await this.#answerResource({ ...connection, request, user, mustAllow });
  }

  async #answerResource(exchange: Exchange): Promise<void> {
    const { request, incoming, response, user } = exchange;
    const { registry, authentication, rbac, tokens, writes, resources } = this.#parts;
    const review = `${request.group}/${request.version}/${request.resource}`;
    switch (review) {
      case 'authentication.k8s.io/v1/tokenreviews':
        onlyCreate(exchange);
        return sendJson(response, 201, JSON.stringify(reviewToken(await readBody(incoming), authentication)));
      case 'authorization.k8s.io/v1/selfsubjectaccessreviews':
        onlyCreate(exchange);
        return sendJson(response, 201, JSON.stringify(reviewAccess(await readBody(incoming), rbac, user)));
      case 'authorization.k8s.io/v1/subjectaccessreviews':
        onlyCreate(exchange);
        return sendJson(response, 201, JSON.stringify(reviewAccess(await readBody(incoming), rbac, undefined)));
    }
    const resource = registry.find(request.group, request.version, request.resource);
    if (resource === undefined && !registry.isBuiltIn(apiVersionOf(request))) {
      sendText(response, 404, 'text/plain; charset=utf-8', '404 page not found\n');
      return;
    }
    if (resource === undefined) throw pathNotFound();
    if (resource.kind === 'ServiceAccount' && request.subresource === 'token') {
      onlyCreate(exchange);
      const account = writes.get({ resource, namespace: request.namespace, name: request.name });
      return sendJson(response, 201, JSON.stringify(tokens.request(account, await readBody(incoming))));
    }
    return resources.handle(resource, exchange);
  }

  #answerPath(request: PathRequest, response: ServerResponse): void {
    const { registry, tokens } = this.#parts;
    switch (request.path) {
      case '/healthz':
      case '/livez':
      case '/readyz':
        sendText(response, 200, 'text/plain; charset=utf-8', 'ok');
        return;
      case '/openid/v1/jwks':
        sendJson(response, 200, JSON.stringify(tokens.jwks));
        return;
      case '/.well-known/openid-configuration':
        sendJson(response, 200, JSON.stringify({ issuer: tokens.issuer }));
        return;
    }
    const found = discover(request.path, registry) ?? openApi(request.path, registry);
    if (found === undefined) {
      sendText(response, 404, 'text/plain; charset=utf-8', '404 page not found\n');
      return;
    }
    sendJson(response, 200, JSON.stringify(found));
  }

  #authorize(user: User, request: ApiRequest): void {
    const asked = attributesOf(request);
    if (this.#parts.rbac.allows(user, asked)) return;
    const why = refusalOf(user, asked);
    if (request.kind === 'path') {
      throw new StatusError({ code: 403, reason: 'Forbidden', message: `forbidden: ${why}`, details: {} });
    }
    const name = asked.kind === 'path' ? '' : asked.name;
    throw forbidden({ group: request.group, resource: request.resource, kind: '' }, name, why);
  }
}

function attributesOf(request: ApiRequest): Attributes {
  if (request.kind === 'path') return request;
  const { verb, group, namespace, query } = request;
  const resource = request.subresource === '' ? request.resource : `${request.resource}/${request.subresource}`;
  // A list or watch of one name counts as a request for that name, so that resourceNames can allow it.
  const one = /(?:^|,)metadata\.name==?([^,]+)/.exec(query.get('fieldSelector') ?? '')?.[1];
  const name = request.name === '' && (verb === 'list' || verb === 'watch') ? (one ?? '') : request.name;
  return { kind: 'resource', verb, group, resource, namespace, name };
}

function onlyCreate({ request }: Exchange): void {
  if (request.verb !== 'create') throw methodNotAllowed();
}

/** Carries out a fault that answers in place of the server; false when the server still has to do its work. */
function strike(effect: FaultEffect, response: ServerResponse, reset: () => void): boolean {
  switch (effect.kind) {
    case 'status': {
      const { code, reason, message = reason, retryAfterSeconds } = effect;
      const details = retryAfterSeconds === undefined ? undefined : { retryAfterSeconds };
      sendStatus(response, new StatusError({ code, reason, message, ...(details === undefined ? {} : { details }) }));
      return true;
    }
    case 'reset':
      reset();
      return true;
    case 'silence':
      return true;
    case 'delay':
    case 'lost-answer':
      return false;
  }
}

/** The connection is reset at the moment when the answer would be sent. */
function loseAnswer(response: ServerResponse, reset: () => void): void {
  response.writeHead = () => {
    reset();
    return response;
  };
}

function statusOf(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof ShapeError) return badRequest(`the object cannot be handled: ${error.message}`);
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new StatusError({ code: 500, reason: 'InternalError', message: `Internal error occurred: ${why}` });
}
