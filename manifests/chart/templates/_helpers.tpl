{{/* Every object is the one of manifests/ (copied to files/ by `npm run generate`) with the values laid over it: nothing is written down twice. */}}

{{- define "heraldlb.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "heraldlb.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Name of a component's ServiceAccount: {root, component}. */}}
{{- define "heraldlb.serviceAccount" -}}
{{- $values := index .root.Values .component -}}
{{- $own := printf "%s-%s" (include "heraldlb.fullname" .root) .component -}}
{{- if $values.serviceAccount.create -}}
{{- default $own $values.serviceAccount.name -}}
{{- else -}}
{{- default "default" $values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Name of an object of ours: {root, name, kind}. What the program itself looks for, by name, keeps its name. */}}
{{- define "heraldlb.name" -}}
{{- $component := trimPrefix "heraldlb-" .name -}}
{{- if eq .kind "Service" -}}
{{- .name -}}
{{- else if eq .kind "ServiceAccount" -}}
{{- include "heraldlb.serviceAccount" (dict "root" .root "component" $component) -}}
{{- else -}}
{{- printf "%s-%s" (include "heraldlb.fullname" .root) $component -}}
{{- end -}}
{{- end -}}

{{/* Labels, annotations and namespace that every object of the release has: {root, object}, and namespace when it is another. Changes the object. */}}
{{- define "heraldlb.adopt" -}}
{{- $metadata := .object.metadata -}}
{{- $_ := set $metadata "labels" (merge (include "heraldlb.labels" .root | fromYaml) (default dict $metadata.labels)) -}}
{{- with .root.Values.commonAnnotations -}}
{{- $_ := set $metadata "annotations" (merge (deepCopy .) (default dict $metadata.annotations)) -}}
{{- end -}}
{{- if hasKey $metadata "namespace" -}}
{{- $_ := set $metadata "namespace" (default .root.Release.Namespace .namespace) -}}
{{- end -}}
{{- end -}}

{{/* Names of the release in place of those of manifests/: {root, object}. Changes the object. */}}
{{- define "heraldlb.rename" -}}
{{- $root := .root -}}
{{- $_ := set .object.metadata "name" (include "heraldlb.name" (dict "root" $root "name" .object.metadata.name "kind" .object.kind)) -}}
{{- with .object.roleRef -}}
{{- $_ := set . "name" (include "heraldlb.name" (dict "root" $root "name" .name "kind" .kind)) -}}
{{- end -}}
{{- range .object.subjects -}}
{{- $_ := set . "name" (include "heraldlb.name" (dict "root" $root "name" .name "kind" .kind)) -}}
{{- $_ := set . "namespace" $root.Release.Namespace -}}
{{- end -}}
{{- end -}}

{{/* All objects of a file of manifests/: {root, path, component}, and namespace when it is not that of the release. */}}
{{- define "heraldlb.objects" -}}
{{- $context := . -}}
{{- range $document := regexSplit "(?m)^---$" (.root.Files.Get .path) -1 -}}
{{- $object := fromYaml $document -}}
{{- if $object.kind -}}
{{- include "heraldlb.rename" (dict "root" $context.root "object" $object) -}}
{{- include "heraldlb.adopt" (dict "root" $context.root "object" $object "namespace" $context.namespace) -}}
{{- if has $object.kind (list "Deployment" "DaemonSet") -}}
{{- include "heraldlb.workload" (dict "root" $context.root "component" $context.component "object" $object) -}}
{{- end -}}
{{- if eq $object.kind "Service" -}}
{{- with $context.root.Values.loadBalancerClass -}}
{{- $_ := set $object.metadata "annotations" (merge (dict "heraldlb.io/load-balancer-class" .) (default dict $object.metadata.annotations)) -}}
{{- end -}}
{{- end -}}
{{- if eq $object.kind "ServiceAccount" -}}
{{- with (index $context.root.Values $context.component).serviceAccount.annotations -}}
{{- $_ := set $object.metadata "annotations" (merge (deepCopy .) (default dict $object.metadata.annotations)) -}}
{{- end -}}
{{- end }}
---
{{ toYaml $object }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* MetalLB also knows the log levels "all" and "none". */}}
{{- define "heraldlb.logLevel" -}}
{{- get (dict "all" "debug" "none" "error") . | default . -}}
{{- end -}}

{{/* "true" when the values ask for a CRD: {root, crd}. */}}
{{- define "heraldlb.bringsCrd" -}}
{{- $values := .root.Values.crds -}}
{{- and $values.enabled (or $values.metallb (ne .crd.spec.group "metallb.io")) -}}
{{- end -}}

{{/* Who else brought a CRD that is there, in words: {root, crd}. Helm takes an object over only from the same release of the same namespace. */}}
{{- define "heraldlb.ownerOfCrd" -}}
{{- with lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" .crd.metadata.name -}}
{{- $annotations := default dict .metadata.annotations -}}
{{- $owner := printf "%s/%s" (get $annotations "meta.helm.sh/release-namespace") (get $annotations "meta.helm.sh/release-name") -}}
{{- if ne $owner (printf "%s/%s" $.root.Release.Namespace $.root.Release.Name) -}}
{{- eq $owner "/" | ternary "no release of Helm" (printf "release %s" $owner) -}}
{{- end -}}
{{- end -}}
{{- end -}}
