// The few functions of XGBoost's C API that trainer.cc calls, declared here because the wheel brings the
// library without its header.
//
// Private to this module. Every int is 0 for success; otherwise XGBGetLastError() says what happened, per
// thread.
//
//   units    arrays are described by a JSON text after NumPy's __array_interface__: address, shape,
//            type ("<f4", "<u4").
//   source   XGBoost 3.2 documentation, "C API"; the ABI is C.
#pragma once

#include <cstdint>

extern "C" {

using BoosterHandle = void*;
using DMatrixHandle = void*;
using DataIterHandle = void*;
using XgbUlong = std::uint64_t;

const char* XGBGetLastError();
void XGBoostVersion(int* major, int* minor, int* patch);

// A quantile matrix pulls its data: `reset` rewinds, `next` fills the proxy and returns 1, or 0 at the end.
using DataIterResetCallback = void(DataIterHandle iterator);
using XGDMatrixCallbackNext = int(DataIterHandle iterator);

int XGProxyDMatrixCreate(DMatrixHandle* out);
int XGProxyDMatrixSetDataDense(DMatrixHandle proxy, const char* array_json);
int XGQuantileDMatrixCreateFromCallback(DataIterHandle iterator, DMatrixHandle proxy,
                                        DMatrixHandle reference, DataIterResetCallback* reset,
                                        XGDMatrixCallbackNext* next, const char* config_json,
                                        DMatrixHandle* out);
int XGDMatrixSetInfoFromInterface(DMatrixHandle handle, const char* field, const char* array_json);
int XGDMatrixCreateFromDense(const char* array_json, const char* config_json, DMatrixHandle* out);
int XGDMatrixFree(DMatrixHandle handle);

int XGBoosterCreate(const DMatrixHandle matrices[], XgbUlong count, BoosterHandle* out);
int XGBoosterFree(BoosterHandle handle);
int XGBoosterSetParam(BoosterHandle handle, const char* name, const char* value);
int XGBoosterUpdateOneIter(BoosterHandle handle, int round, DMatrixHandle train);
int XGBoosterSetStrFeatureInfo(BoosterHandle handle, const char* field, const char** values,
                               XgbUlong count);
int XGBoosterLoadModelFromBuffer(BoosterHandle handle, const void* bytes, XgbUlong size);
int XGBoosterSaveModelToBuffer(BoosterHandle handle, const char* config_json, XgbUlong* size,
                               const char** bytes);
int XGBoosterPredictFromDense(BoosterHandle handle, const char* array_json, const char* config_json,
                              DMatrixHandle proxy, const XgbUlong** shape, XgbUlong* dimensions,
                              const float** result);
int XGBoosterPredictFromDMatrix(BoosterHandle handle, DMatrixHandle matrix, const char* config_json,
                                const XgbUlong** shape, XgbUlong* dimensions, const float** result);
}  // extern "C"
