// The one place that asks the server. Errors come as problem+json and keep their sentence for the person.
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { text } from "../text";
import type { AssetDetail, AssetPage, Findings, PlantMap, Problem, Rules, Shadow, Site } from "./types";

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

async function get<T>(path: string, signal: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1/${path}`, { signal, headers: { accept: "application/json" } });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ApiError({ title: text.error.offlineTitle, detail: text.error.offline, status: 0 });
  }
  if (response.ok) return (await response.json()) as T;
  const problem = (await response.json().catch(() => null)) as Problem | null;
  throw new ApiError(problem ?? { title: response.statusText, detail: text.error.unexplained, status: response.status });
}

function useAsk<T>(path: string): UseQueryResult<T, ApiError> {
  return useQuery<T, ApiError>({ queryKey: [path], queryFn: ({ signal }) => get<T>(path, signal) });
}

export const useSite = () => useAsk<Site>("site");
export const useMap = () => useAsk<PlantMap>("map");
export const useShadow = () => useAsk<Shadow>("shadow");
export const useFindings = () => useAsk<Findings>("findings");
export const useRules = () => useAsk<Rules[]>("rules");
export const useAssets = (query: string) => useAsk<AssetPage>(`assets?${query}`);
export const useAsset = (id: string) => useAsk<AssetDetail>(`assets/${encodeURIComponent(id)}`);
