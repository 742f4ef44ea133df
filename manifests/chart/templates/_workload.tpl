{{/* The values of a component over its Deployment or DaemonSet: {root, component, object}. Changes the object. */}}
{{- define "heraldlb.workload" -}}
{{- $root := .root -}}
{{- $values := index $root.Values .component -}}
{{- $spec := .object.spec -}}
{{- $template := $spec.template -}}
{{- $pod := $template.spec -}}
{{- $container := first $pod.containers -}}

{{- if hasKey $values "replicas" -}}{{- $_ := set $spec "replicas" $values.replicas -}}{{- end -}}
{{- with $values.strategy -}}{{- $_ := set $spec "strategy" . -}}{{- end -}}
{{- with $values.updateStrategy -}}{{- $_ := set $spec "updateStrategy" . -}}{{- end -}}

{{- $_ := set $template.metadata "labels" (merge $template.metadata.labels (include "heraldlb.labels" $root | fromYaml) (deepCopy $values.labels)) -}}
{{- $annotations := merge (deepCopy $values.podAnnotations) (deepCopy $root.Values.commonAnnotations) -}}
{{- if $root.Values.prometheus.scrapeAnnotations -}}
{{- $_ := set $annotations "prometheus.io/scrape" "true" -}}
{{- $_ := set $annotations "prometheus.io/port" (toString $root.Values.prometheus.metricsPort) -}}
{{- end -}}
{{- with $annotations -}}{{- $_ := set $template.metadata "annotations" . -}}{{- end -}}

{{- $_ := set $pod "serviceAccountName" (include "heraldlb.serviceAccount" (dict "root" $root "component" .component)) -}}
{{- with $root.Values.imagePullSecrets -}}{{- $_ := set $pod "imagePullSecrets" . -}}{{- end -}}
{{- $_ := set $pod "nodeSelector" (mergeOverwrite $pod.nodeSelector (deepCopy $values.nodeSelector)) -}}
{{- range $key := list "affinity" "priorityClassName" "runtimeClassName" -}}
{{- with get $values $key -}}{{- $_ := set $pod $key . -}}{{- end -}}
{{- end -}}
{{- with $values.securityContext -}}{{- $_ := set $pod "securityContext" (mergeOverwrite (deepCopy $pod.securityContext) (deepCopy .)) -}}{{- end -}}
{{- $_ := set $pod "tolerations" (concat $pod.tolerations $values.tolerations) -}}

{{- $_ := set $container "image" (printf "%s:%s" $values.image.repository (default $root.Chart.AppVersion $values.image.tag)) -}}
{{- with $values.image.pullPolicy -}}{{- $_ := set $container "imagePullPolicy" . -}}{{- end -}}
{{- with $values.resources -}}{{- $_ := set $container "resources" . -}}{{- end -}}
{{- range $key := list "livenessProbe" "readinessProbe" "startupProbe" -}}
{{- with get $values $key -}}
{{- if .enabled -}}
{{- $_ := set $container $key (mergeOverwrite (deepCopy (get $container $key)) (omit . "enabled")) -}}
{{- else -}}
{{- $_ := unset $container $key -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $port := $container.ports -}}
{{- if eq $port.name "metrics" -}}{{- $_ := set $port "containerPort" ($root.Values.prometheus.metricsPort | int) -}}{{- end -}}
{{- end -}}
{{- $_ := set $container "args" (concat (include "heraldlb.arguments" . | fromYamlArray) $values.extraArgs) -}}
{{- $_ := set $pod "containers" (concat $pod.containers $values.extraContainers) -}}
{{- end -}}

{{/* Arguments of a component, a YAML list: {root, component, object}. */}}
{{- define "heraldlb.arguments" -}}
{{- $root := .root -}}
{{- $values := index $root.Values .component -}}
{{- range (first .object.spec.template.spec.containers).args }}
{{- if eq . "--leader-elect-resource-namespace=heraldlb-system" }}
- --leader-elect-resource-namespace={{ $root.Release.Namespace }}
{{- else }}
- {{ . }}
{{- end }}
{{- end }}
- --log-level={{ include "heraldlb.logLevel" $values.logLevel }}
- --metrics-port={{ $root.Values.prometheus.metricsPort | int }}
{{- if eq (toString $root.Values.prometheus.metallbMetrics) "false" }}
- --metallb-metrics=false
{{- end }}
{{- if eq .component "speaker" }}
{{- if eq (toString $values.standIn) "false" }}
- --stand-in=false
{{- end }}
{{- $refresh := toString $values.refreshInterval }}
{{- if not (has $refresh (list "1m" "" "<nil>")) }}
- --refresh-interval={{ $refresh }}
{{- end }}
{{- end }}
{{- if eq .component "controller" }}
- --speaker-service-account={{ include "heraldlb.serviceAccount" (dict "root" $root "component" "speaker") }}
{{- with $root.Values.loadBalancerClass }}
- --load-balancer-class={{ . }}
{{- end }}
{{- range $root.Values.pools }}
- --pool={{ . }}
{{- end }}
{{- range $root.Values.configNamespaces }}
- --config-namespace={{ . }}
{{- end }}
{{- with include "heraldlb.legacyConfigMap" $root }}
- --legacy-config={{ $root.Release.Namespace }}/{{ . }}
{{- end }}
{{- if $root.Values.speaker.ignoreExcludeLB }}
- --ignore-exclude-lb
{{- end }}
{{- if $root.Values.controller.retireEndpoints }}
- --retire-endpoints
{{- end }}
{{- end }}
{{- end -}}

{{/* Name of the ConfigMap with the configuration of a MetalLB before 0.13, or nothing. */}}
{{- define "heraldlb.legacyConfigMap" -}}
{{- if .Values.configInline -}}
{{- include "heraldlb.fullname" . -}}
{{- else -}}
{{- .Values.existingConfigMap -}}
{{- end -}}
{{- end -}}
