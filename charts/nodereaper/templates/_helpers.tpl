{{- define "nodereaper.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "nodereaper.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "nodereaper.selectorLabels" -}}
app.kubernetes.io/name: {{ include "nodereaper.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Of every object but the test's Pod: with the selector's labels, that would become the DaemonSet's. */}}
{{- define "nodereaper.labels" -}}
{{ include "nodereaper.commonLabels" . }}
{{ include "nodereaper.selectorLabels" . }}
{{- end }}

{{- define "nodereaper.testName" -}}
{{ include "nodereaper.name" . | trunc 56 }}-doctor
{{- end }}

{{- define "nodereaper.commonLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "nodereaper.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "nodereaper.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "nodereaper.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{/* What needs the API server, or not even a token; "true" or nothing. */}}
{{- define "nodereaper.usesToken" -}}
{{- if ne .Values.podSource "none" }}true{{ end }}
{{- end }}

{{- define "nodereaper.sendsEvents" -}}
{{- if and (include "nodereaper.usesToken" .) (dig "events" "send" true .Values.policy) }}true{{ end }}
{{- end }}

{{- define "nodereaper.evicts" -}}
{{- if and (include "nodereaper.usesToken" .) (or (dig "afterKill" "evict" false .Values.policy) (gt (int (dig "afterKill" "evictAfter" 0 .Values.policy)) 0)) }}true{{ end }}
{{- end }}

{{/* Of a list of the context and taint or condition. */}}
{{- define "nodereaper.marks" -}}
{{- $context := first . }}
{{- if and (include "nodereaper.usesToken" $context) (dig "node" (last .) false $context.Values.policy) }}true{{ end }}
{{- end }}

{{- define "nodereaper.writesTerminationMessages" -}}
{{- if dig "kubelet" "terminationMessages" true .Values.policy }}true{{ end }}
{{- end }}

{{/* The policy file: what the values say, and what only the chart can know. */}}
{{- define "nodereaper.policy" -}}
{{- $policy := deepCopy .Values.policy }}
{{- $_ := set $policy "dryRun" .Values.dryRun }}
{{- $_ = set $policy "http" (dict "listen" (printf ":%d" (int .Values.port))) }}
{{- $_ = set $policy "afterKill" (set (dig "afterKill" dict $policy) "evict" (dig "afterKill" "evict" false $policy)) }}
{{- toYaml $policy }}
{{- end }}

{{/* Of the policy, what the agent reads at its start alone: a change of it, and of nothing else, restarts the agents. */}}
{{- define "nodereaper.policyAtStart" -}}
{{- $policy := fromYaml (include "nodereaper.policy" .) }}
{{- range .Files.Lines "files/policy-keys-at-start.txt" }}
{{- $path := splitList "." . }}
{{- $section := get $policy (first $path) }}
{{- if and (kindIs "map" $section) (hasKey $section (last $path)) }}
{{ . }}={{ get $section (last $path) | toJson }}
{{- end }}
{{- end }}
{{- end }}

{{/* Both of them may not write to the image's files; what a capability is for, and what is missing without it, is in docs/security.md. */}}
{{- define "nodereaper.securityContext" -}}
runAsUser: 0
runAsGroup: 0
readOnlyRootFilesystem: true
{{- if .Values.leastPrivileged }}
{{- /* With CAP_SYS_ADMIN, Kubernetes takes no false here: it can get any right by itself. */}}
{{- if not (dig "stages" "throttle" nil .Values.policy) }}
allowPrivilegeEscalation: false
{{- end }}
capabilities:
  drop: [ALL]
  add:
    - KILL
    - SYS_PTRACE
    - SYS_RESOURCE
    - SYS_NICE
    - IPC_LOCK
    {{- if dig "stages" "throttle" nil .Values.policy }}
    - SYS_ADMIN
    {{- end }}
{{- else }}
privileged: true
{{- end }}
{{- with .Values.seccompProfile }}
seccompProfile:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.seLinuxOptions }}
seLinuxOptions:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if and .Values.appArmorProfile (semverCompare ">=1.30.0-0" .Capabilities.KubeVersion.Version) }}
appArmorProfile:
  {{- toYaml .Values.appArmorProfile | nindent 2 }}
{{- end }}
{{- end }}

{{/* Before Kubernetes 1.30, AppArmor is chosen by an annotation of the Pod. */}}
{{- define "nodereaper.appArmorAnnotation" -}}
{{- if and .Values.appArmorProfile (semverCompare "<1.30.0-0" .Capabilities.KubeVersion.Version) }}
{{- $profile := .Values.appArmorProfile }}
container.apparmor.security.beta.kubernetes.io/nodereaper: {{ if eq $profile.type "Localhost" }}localhost/{{ $profile.localhostProfile }}{{ else if eq $profile.type "RuntimeDefault" }}runtime/default{{ else }}unconfined{{ end }}
{{- end }}
{{- end }}

{{/* What the DaemonSet's Pods and the test's Pod have in common. */}}
{{- define "nodereaper.podSpec" -}}
serviceAccountName: {{ include "nodereaper.serviceAccountName" . }}
automountServiceAccountToken: {{ eq (include "nodereaper.usesToken" .) "true" }}
hostPID: true
{{- with .Values.hostNetwork }}
hostNetwork: true
{{- end }}
dnsPolicy: Default
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
nodeSelector:
  {{- toYaml .Values.nodeSelector | nindent 2 }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The options of all commands: kubectl exec gives no others. */}}
{{- define "nodereaper.env" -}}
- name: NODE_NAME
  valueFrom:
    fieldRef:
      fieldPath: spec.nodeName
- name: NODEREAPER_CONFIG
  value: /etc/nodereaper/policy.yaml
- name: NODEREAPER_CGROUP_ROOT
  value: /host/sys/fs/cgroup
{{- if ne .Values.podSource "none" }}
- name: NODEREAPER_PODS
  value: {{ .Values.podSource }}
{{- end }}
{{- if eq .Values.podSource "kubelet" }}
- name: NODE_IP
  valueFrom:
    fieldRef:
      fieldPath: status.hostIP
{{- if .Values.kubelet.skipTlsVerify }}
- name: NODEREAPER_KUBELET_SKIP_TLS_VERIFY
  value: "true"
{{- end }}
{{- if include "nodereaper.kubeletCa" . }}
- name: NODEREAPER_KUBELET_CA
  value: /etc/nodereaper-kubelet/ca.crt
{{- end }}
{{- end }}
{{- end }}

{{- define "nodereaper.kubeletCa" -}}
{{- if and .Values.kubelet.ca.configMap .Values.kubelet.ca.hostPath }}
{{- fail "kubelet.ca: give configMap or hostPath, not both" }}
{{- end }}
{{- if and (eq .Values.podSource "kubelet") (or .Values.kubelet.ca.configMap .Values.kubelet.ca.hostPath) }}true{{ end }}
{{- end }}

{{/* Of the node, and of the chart. */}}
{{- define "nodereaper.volumes" -}}
# The whole folder, not a subPath: a change of the ConfigMap reaches the agent.
- name: policy
  configMap:
    name: {{ include "nodereaper.fullname" . }}
- name: cgroup
  hostPath:
    path: {{ .Values.hostPaths.cgroup }}
    type: Directory
- name: state
  hostPath:
    path: {{ .Values.hostPaths.state }}
    type: DirectoryOrCreate
{{- if include "nodereaper.writesTerminationMessages" . }}
- name: pods
  hostPath:
    path: {{ .Values.hostPaths.kubelet }}/pods
    type: Directory
{{- end }}
{{- if include "nodereaper.kubeletCa" . }}
- name: kubelet-ca
  {{- if .Values.kubelet.ca.configMap }}
  configMap:
    name: {{ .Values.kubelet.ca.configMap }}
    items:
      - key: {{ .Values.kubelet.ca.key }}
        path: ca.crt
  {{- else }}
  hostPath:
    path: {{ .Values.kubelet.ca.hostPath }}
    type: File
  {{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "nodereaper.volumeMounts" -}}
- name: policy
  mountPath: /etc/nodereaper
  readOnly: true
- name: cgroup
  mountPath: /host/sys/fs/cgroup
- name: state
  mountPath: /var/lib/nodereaper
{{- if include "nodereaper.writesTerminationMessages" . }}
# Volumes of Pods that are unmounted on the node are unmounted here, too, and not kept busy.
- name: pods
  mountPath: /var/lib/kubelet/pods
  mountPropagation: HostToContainer
{{- end }}
{{- if include "nodereaper.kubeletCa" . }}
- name: kubelet-ca
  mountPath: /etc/nodereaper-kubelet{{ if .Values.kubelet.ca.hostPath }}/ca.crt{{ end }}
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}
