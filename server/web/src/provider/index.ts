export { SynclineProvider } from "./provider";
export type { Closed, ProviderEvents, ProviderOptions, Status } from "./provider";
export { documentUrl } from "./document_url";
