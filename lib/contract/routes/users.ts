import { ProjectRef } from '../../domain/project/schema.ts';
import { CreateGrant, CreateUser, UpdateUser, User, UserRef } from '../../domain/user/schema.ts';
import { Name } from '../../domain/values.ts';
import { PAGING, page, route } from '../route.ts';

const ofUser = { user: UserRef };

/** Where the role to revoke is: in the project itself, or in an environment. */
const GRANT_SCOPE = { project: ProjectRef, environment: Name.optional() };

/** Users and their roles. Only admins of the installation change them: who may do that may do everything. */
export const USER_ROUTES = {
  createUser: route({
    method: 'POST',
    path: '/v1/users',
    group: 'tokens',
    access: 'admin',
    scope: 'installation',
    summary: 'Create a user',
    body: CreateUser,
    success: { status: 201, body: User, description: 'The new user' },
    errors: ['user_name_taken'],
  }),
  listUsers: route({
    method: 'GET',
    path: '/v1/users',
    group: 'tokens',
    access: 'admin',
    scope: 'installation',
    summary: 'List users',
    query: PAGING,
    success: { status: 200, body: page(User), description: 'Users by name' },
    errors: ['invalid_cursor'],
  }),
  getUser: route({
    method: 'GET',
    path: '/v1/users/{user}',
    group: 'tokens',
    access: 'admin',
    scope: 'installation',
    summary: 'Get a user',
    params: ofUser,
    success: { status: 200, body: User, description: 'The user' },
  }),
  updateUser: route({
    method: 'PATCH',
    path: '/v1/users/{user}',
    group: 'tokens',
    access: 'admin',
    scope: 'installation',
    summary: 'Change, disable or enable a user',
    params: ofUser,
    body: UpdateUser,
    success: { status: 200, body: User, description: 'The user after the change' },
    errors: ['busy'],
  }),
  grantRole: route({
    method: 'PUT',
    path: '/v1/users/{user}/grants',
    group: 'tokens',
    access: 'admin',
    scope: 'installation',
    summary: 'Grant a user a role in a project or an environment',
    params: ofUser,
    body: CreateGrant,
    success: { status: 200, body: User, description: 'The user after the change' },
    errors: ['busy', 'too_many_grants'],
  }),
  revokeRole: route({
    method: 'DELETE',
    path: '/v1/users/{user}/grants',
    group: 'tokens',
    access: 'admin',
    scope: 'installation',
    summary: 'Revoke the role of a user in a project or an environment',
    params: ofUser,
    query: GRANT_SCOPE,
    success: { status: 200, body: User, description: 'The user after the change' },
    errors: ['busy'],
  }),
} as const;
