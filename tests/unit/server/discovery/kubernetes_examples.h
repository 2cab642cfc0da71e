// Objects as a Kubernetes API server sends them, shortened. For tests.
#pragma once

#include <string_view>

namespace vigia::server {

inline constexpr std::string_view kNodeObject = R"({"kind":"Node","apiVersion":"v1","metadata":{"name":"worker-1",
"uid":"n-1","resourceVersion":"@","labels":{"kubernetes.io/arch":"amd64"},
"annotations":{"node.alpha.kubernetes.io/ttl":"0"},"managedFields":[{"manager":"kubelet"}]},
"spec":{"podCIDR":"10.244.1.0/24","providerID":"kind://docker/kind/worker-1"},
"status":{"capacity":{"cpu":"2"},"conditions":[{"type":"MemoryPressure","status":"False"},{"type":"Ready",
"status":"True"}],"addresses":[{"type":"Hostname","address":"worker-1"},{"type":"InternalIP","address":"10.0.0.11"},
{"type":"InternalIP","address":"fd00::11"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":10250}}}})";

inline constexpr std::string_view kPodObject = R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-1",
"namespace":"shop","uid":"u-1","resourceVersion":"@","labels":{"app.kubernetes.io/name":"web","empty":""},
"annotations":{"prometheus.io/scrape":"true"},"ownerReferences":[{"kind":"ReplicaSet","name":"web-7d4b9",
"controller":true,"apiVersion":"apps/v1","uid":"r-1"}]},"spec":{"nodeName":"worker-1","initContainers":[
{"name":"setup","image":"setup:1"}],"containers":[{"name":"web","image":"web:1","ports":[{"name":"http",
"containerPort":8080,"protocol":"TCP"},{"containerPort":9090,"protocol":"TCP"}]}]},"status":{"phase":"Running",
"hostIP":"10.0.0.11","podIP":"10.244.1.5","podIPs":[{"ip":"10.244.1.5"},{"ip":"fd00::5"},{"ip":"10.244.1.6"}],
"conditions":[{"type":"Initialized","status":"True"},{"type":"Ready","status":"True"}],
"containerStatuses":[{"name":"web","containerID":"containerd://aa","ready":true}],
"initContainerStatuses":[{"name":"setup","containerID":"containerd://bb"}]}})";

inline constexpr std::string_view kJobPodObject = R"({"metadata":{"name":"backup-29-x","namespace":"ops",
"resourceVersion":"@","ownerReferences":[{"kind":"Something","name":"else"},{"kind":"Job","name":"backup-29",
"controller":true}]},"spec":{"nodeName":"worker-1","containers":[{"name":"c","image":"i"}]},
"status":{"podIP":"10.244.1.9","phase":"Running"}})";

inline constexpr std::string_view kJobObject = R"({"metadata":{"name":"backup-29","namespace":"ops",
"resourceVersion":"@","ownerReferences":[{"kind":"CronJob","name":"backup","controller":true}]}})";

inline constexpr std::string_view kReplicaSetObject = R"({"metadata":{"name":"web-7d4b9","namespace":"shop",
"resourceVersion":"@","ownerReferences":[{"kind":"Deployment","name":"web","controller":true}]}})";

inline constexpr std::string_view kNamespaceObject = R"({"metadata":{"name":"shop","resourceVersion":"@",
"labels":{"team":"sales"},"annotations":{"owner":"me"}},"status":{"phase":"Active"}})";

inline constexpr std::string_view kServiceObject = R"({"kind":"Service","apiVersion":"v1","metadata":{"name":"web",
"namespace":"shop","resourceVersion":"@","labels":{"app":"web"}},"spec":{"type":"LoadBalancer",
"clusterIP":"10.96.0.7","loadBalancerIP":"1.2.3.4","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack",
"ports":[{"name":"http","protocol":"TCP","port":80,"targetPort":"http","nodePort":30080},
{"name":"metrics","protocol":"TCP","port":9090}]}})";

inline constexpr std::string_view kIngressObject = R"({"kind":"Ingress","apiVersion":"networking.k8s.io/v1",
"metadata":{"name":"front","namespace":"shop","resourceVersion":"@","labels":{"app":"web"}},
"spec":{"ingressClassName":"nginx","tls":[{"hosts":["*.example.org"],"secretName":"s"}],"rules":[
{"host":"shop.example.org","http":{"paths":[{"path":"/","pathType":"Prefix"},{"path":"/cart","pathType":"Prefix"}]}},
{"host":"a.b.example.org","http":{"paths":[{"pathType":"Prefix"}]}},{"host":"bare.example.net"}]}})";

inline constexpr std::string_view kEndpointsObject = R"({"kind":"Endpoints","apiVersion":"v1","metadata":{"name":"web",
"namespace":"shop","resourceVersion":"@","labels":{"app":"web"},"annotations":{"note":"x"}},"subsets":[{
"addresses":[{"ip":"10.244.1.5","hostname":"web-1","nodeName":"worker-1","targetRef":{"kind":"Pod",
"namespace":"shop","name":"web-1","uid":"u-1"}}],"notReadyAddresses":[{"ip":"10.9.9.9"}],
"ports":[{"name":"http","port":8080,"protocol":"TCP"}]}]})";

inline constexpr std::string_view kSliceObject = R"({"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1",
"metadata":{"name":"web-abc","namespace":"shop","resourceVersion":"@","labels":{"kubernetes.io/service-name":"web"}},
"addressType":"IPv4","endpoints":[{"addresses":["10.244.1.5"],"conditions":{"ready":true,"serving":true,
"terminating":false},"hostname":"web-1","nodeName":"worker-1","zone":"eu-1a",
"deprecatedTopology":{"kubernetes.io/hostname":"worker-1"},"targetRef":{"kind":"Pod","namespace":"shop",
"name":"web-1"}},{"addresses":["10.244.2.6"],"conditions":{}}],
"ports":[{"name":"http","port":8080,"protocol":"TCP","appProtocol":"http"}]})";

}  // namespace vigia::server
