{{/* Labels that choose the pods of a part: (dict "root" $ "part" "nodes"). */}}
{{- define "chosen" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .part }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{/* The same, with the version. */}}
{{- define "labels" -}}
{{ include "chosen" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- end }}

{{/* The image of a kind: (dict "root" $ "kind" "journal"). */}}
{{- define "image" -}}
{{- with .root.Values.image.registry }}{{ . }}/{{ end -}}
login_exporter:{{ .kind }}-{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{/* What no container of ours needs. */}}
{{- define "confined" -}}
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
{{- end }}

{{/* Ready once the backlog is read; alive while it answers. */}}
{{- define "probes" -}}
readinessProbe: {httpGet: {path: /-/ready, port: metrics}, periodSeconds: 10}
livenessProbe: {httpGet: {path: /-/healthy, port: metrics}, initialDelaySeconds: 30, periodSeconds: 30, timeoutSeconds: 10}
{{- end }}
