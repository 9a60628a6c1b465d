export function TraceView({id}:{id:string}) {
  return <p>TraceView {id}</p>;
}

export function CompareView({a,b}:{a:string;b:string}) {
  return <p>CompareView {a} {b}</p>;
}

export function OpenView() {
  return <p>OpenView </p>;
}

