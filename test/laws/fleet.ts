// The smallest list with every kind of tenant and every kind of change, there and back: what one way adds and removes, the other removes and adds.
const PROJECT = 'fleet: usage\ntenants:\n';

export const BEFORE = `${PROJECT}
  - { id: acme, template: own-table, allow: [{ hazard: loses-data, reason: back to a year, until: 2999-12-31 }] }
  - { id: globex, template: own-endpoints, vars: { event_types: [login] } }
  - { id: stark, template: own-token }
  - { id: hooli, template: own-endpoints, vars: { event_types: [login] } }
  - { id: wayne, template: own-table, state: removed }
`;

/** acme and globex change, stark is suspended, hooli removed, wayne added. */
export const AFTER = `${PROJECT}
  - { id: acme, template: own-table, vars: { retention_days: 730 } }
  - { id: globex, template: own-endpoints, vars: { event_types: [login, purchase] } }
  - { id: stark, template: own-token, state: suspended }
  - { id: hooli, template: own-endpoints, state: removed, vars: { event_types: [login] } }
  - { id: wayne, template: own-table }
`;

/** Ids of the tenants, whatever becomes of them. */
export const IDS = ['acme', 'globex', 'stark', 'hooli', 'wayne'];
