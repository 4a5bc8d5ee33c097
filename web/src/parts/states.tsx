// Loading, error and empty: the same everywhere.
import type { ReactNode } from "react";
import type { UseQueryResult } from "@tanstack/react-query";
import { ApiError } from "../api/client";
import { text } from "../text";

export function Answer<T>(props: { of: UseQueryResult<T, ApiError>; children: (data: T) => ReactNode }) {
  const { of } = props;
  if (of.data !== undefined) return <>{props.children(of.data)}</>;
  if (of.error) return <Failure error={of.error} retry={() => void of.refetch()} />;
  return (
    <div className="state" role="status">
      <span className="spinner" aria-hidden="true" />
      {text.loading}
    </div>
  );
}

export function Failure(props: { error: ApiError; retry: () => void }) {
  return (
    <div className="state" role="alert">
      <h2>{props.error.problem.title}</h2>
      <p>{props.error.problem.detail}</p>
      <button type="button" className="button" onClick={props.retry}>
        {text.error.retry}
      </button>
    </div>
  );
}

export function Empty(props: { title: string; children?: ReactNode }) {
  return (
    <div className="state">
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}
