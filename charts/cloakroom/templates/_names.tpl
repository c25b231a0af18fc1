{{/*
One operator for each namespace: the names do not contain the release's, because the Lease by which operators
elect their leader has a fixed name as well. A second release in a namespace is refused by Helm.
*/}}
{{- define "cloakroom.operator" -}}
cloakroom-operator
{{- end }}

{{/* What selects the operator's pods. The nodes' NetworkPolicies admit pods of this name. */}}
{{- define "cloakroom.selector" -}}
app.kubernetes.io/name: cloakroom-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "cloakroom.labels" -}}
{{ include "cloakroom.selector" . }}
app.kubernetes.io/component: operator
app.kubernetes.io/part-of: cloakroom
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The image of (list . "operator") or (list . "node"). */}}
{{- define "cloakroom.image" -}}
{{- $chart := (index . 0).Chart }}
{{- with index (index . 0).Values.image (index . 1) }}
{{- printf "%s:%s" .repository (.tag | default $chart.AppVersion) }}
{{- end }}
{{- end }}

{{/* What the Pod Security standard *restricted* asks of a pod. */}}
{{- define "cloakroom.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* What it asks of a container, and a file system that nobody writes. */}}
{{- define "cloakroom.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
